import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Pacing } from '#page/pacing';

function after(...answers) {
  const pacing = new Pacing();
  for (const [roundTripMs, servedMs] of answers) pacing.note(roundTripMs, servedMs);
  return pacing.allowed;
}

test('before the first answer five requests may be under way', () => assert.equal(after(), 5));

test('a near server is asked one at a time', () => assert.equal(after([55, 50]), 1));

test('the farther the server is, the more requests are under way', () => {
  assert.deepEqual([after([71, 50]), after([110, 50]), after([170, 50])], [2, 3, 6]);
});

test('never more than eight', () => assert.equal(after([2000, 50]), 8));

test('a busy server is not a far one', () => {
  assert.equal(after([510, 500]), 1); // it painted for long
  assert.equal(after([60, 50], [300, 50], [300, 50]), 1); // requests waited there
});

test('it follows when the way becomes longer', () => {
  const forty = Array.from({ length: 40 }, () => [150, 50]);
  assert.equal(after([60, 50], ...forty.slice(1)), 1);
  assert.equal(after([60, 50], ...forty), 5);
});

test('clocks that disagree allow one', () => assert.equal(after([50, 60]), 1));

test('an answer without its time counts for nothing', () => {
  assert.equal(after([170, 50], [20, undefined], [NaN, 1]), 6);
});
