import assert from 'node:assert/strict';
import { test } from 'node:test';

import { fresh, moved, withCurrentNames } from '../../neural_art/web/modules/position.js';

const LIMITS = { count: 3, truncation: 0.7 };

test('a fresh position is a random picture with its sliders at zero', () => {
  const position = fresh(LIMITS, 2);
  assert.equal(position.origin, 'seed');
  assert.deepEqual([position.amounts, position.truncation, position.class_index], [[0, 0, 0], 0.7, 2]);
  assert.notEqual(fresh(LIMITS).seed, fresh(LIMITS).seed);
});

test('a position of version 0.1 gets the names of today', () => {
  const old = { origin: 'painting', seed: 4, a: 1, b: 0, t: 0, amounts: [1], daring: 0.9, group: 1 };
  const renamed = {
    origin: 'painting', seed: 4, a: 1, b: 0, t: 0, amounts: [1, 0, 0], truncation: 0.9, class_index: 1,
  };
  assert.deepEqual(withCurrentNames(old, LIMITS), renamed);
  assert.deepEqual(withCurrentNames(renamed, LIMITS), renamed);
});

test('a position moves without its former self', () => {
  const position = fresh(LIMITS);
  assert.deepEqual(moved(position, 1, 2.5).amounts, [0, 2.5, 0]);
  assert.deepEqual(position.amounts, [0, 0, 0]);
});
