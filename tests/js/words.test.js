import assert from 'node:assert/strict';
import { test } from 'node:test';

import { say, speak, spoken, whenSpoken } from '../../neural_art/web/modules/words.js';

test('values are filled in, numbers in the language’s own way', () => {
  speak('en');
  assert.equal(say('data.ready', { n: 1200 }), '1,200 paintings are ready');
});

test('a form for one is used for one', () => {
  speak('en');
  assert.notEqual(say('data.checking', { n: 1 }), say('data.checking', { n: 2 }));
  assert.doesNotMatch(say('data.checking', { n: 1 }), /1/);
});

test('a key without words shows itself, a missing value its name', () => {
  assert.equal(say('no.such.key'), 'no.such.key');
  assert.match(say('data.ready'), /\{n\}/);
});

test('whoever asked is told of another language, and only of another', () => {
  let told = 0;
  whenSpoken(() => { told += 1; });
  speak('zh');
  speak('zh');
  assert.equal(told, 1);
  assert.equal(spoken(), 'zh');
  speak('fr');
  assert.equal(spoken(), 'zh');
  speak('en');
});
