import assert from 'node:assert/strict';
import { test } from 'node:test';

import { announce, listen, message, state } from '../../neural_art/web/modules/messages.js';

test('what is said before anybody listens is not lost', () => {
  message('early');
  announce('quiet');
  const said = [];
  listen((text, quiet) => said.push([text, quiet]));
  message('late');
  assert.deepEqual(said, [['early', false], ['quiet', true], ['late', false]]);
});

test('what stays is there until it no longer is the case, also for a listener that comes later', () => {
  const stood = [];
  state('away');
  listen(() => {}, (text) => stood.push(text));
  state(null);
  listen(() => {}, (text) => stood.push(text));
  assert.deepEqual(stood, ['away', null]);
});
