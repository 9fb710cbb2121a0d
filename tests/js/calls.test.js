import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Refused, attempt, call } from '../../neural_art/web/modules/calls.js';
import { listen } from '../../neural_art/web/modules/messages.js';

const server = (answer) => ({
  ask_paint: (details) => Promise.resolve(typeof answer === 'function' ? answer(details) : answer),
});

test('an answer is given back, and the call names the language', async () => {
  assert.deepEqual(await call(server((details) => details), 'paint', { run: 'a' }), { run: 'a', language: 'en' });
});

test('a refusal carries its sentence and its code', async () => {
  const refused = call(server({ error: 'There is no such run.', code: 'run.unknown' }), 'paint');
  await assert.rejects(refused, (trouble) => (
    trouble instanceof Refused && trouble.code === 'run.unknown' && trouble.message === 'There is no such run.'
  ));
});

test('no answer is a failure, not a success: Gradio’s client drops errors in silence', async () => {
  await assert.rejects(call(server(undefined), 'paint'), Refused);
});

test('an attempt that is refused is said to the person', async () => {
  const said = [];
  listen((text, quiet) => said.push([text, quiet]));
  assert.equal(await attempt(server({ error: 'Full.', code: 'storage.full' }), 'paint'), null);
  assert.deepEqual(said, [['Full.', false]]);
});
