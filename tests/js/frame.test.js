import assert from 'node:assert/strict';
import { test } from 'node:test';

import { edges, offset } from '../../neural_art/web/modules/frame.js';

const strips = (...seen) => seen.map((each, index) => ({ top: index * 80, height: 80, seen: each }));

test('what is seen begins in the first strip that is seen and ends in the last', () => {
  assert.deepEqual(edges(strips(0, 20, 80, 80, 60, 0)), { top: 140, bottom: 380 });
});

test('a page that is seen whole', () => {
  assert.deepEqual(edges(strips(80, 80)), { top: 0, bottom: 160 });
});

test('nothing is seen', () => {
  assert.equal(edges(strips(0, 0)), null);
  assert.equal(edges([]), null);
});

test('what follows stays a little below the edge of what is seen, and within its room', () => {
  assert.equal(offset(0, 150, 900), 0);
  assert.equal(offset(400, 150, 900), 266);
  assert.equal(offset(4000, 150, 900), 900);
  assert.equal(offset(400, 150, -20), 0);
});
