import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { nice, smoothed, trend } from '#page/smoothing';

/** Normal numbers, the same each time: mulberry32 through Box and Muller. */
function normal(seed) {
  let state = seed;
  const uniform = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}

/** `count` values of `course(0 ... 1)` with noise; neighbours err together by `tied`. */
function noisy(count, course, { noise = 0.05, tied = 0, seed = 1 } = {}) {
  const draw = normal(seed);
  let error = 0;
  return Array.from({ length: count }, (_, index) => {
    error = tied * error + Math.sqrt(1 - tied ** 2) * draw();
    return course(index / (count - 1)) + noise * error;
  });
}

/** How often in a hundred noisy curves each word is said. */
function counted(count, course, options) {
  const said = { falling: 0, level: 0, rising: 0 };
  for (let seed = 1; seed <= 100; seed++) said[trend(noisy(count, course, { ...options, seed }))]++;
  return said;
}

describe('smoothed', () => {
  test('each value is the mean of those around it', () => {
    assert.deepEqual(smoothed([0, 3, 6, 0, 0], 3), [1.5, 3, 3, 2, 0]);
  });

  test('a missing value stays missing and spoils no other', () => {
    assert.deepEqual(smoothed([2, null, 4, NaN, 8, undefined], 3), [2, null, 4, null, 8, null]);
    assert.deepEqual(smoothed([null, NaN], 5), [null, null]);
  });

  test('it calms noise and keeps the course', () => {
    const smooth = smoothed(noisy(200, (t) => 1 - t), 21);
    assert.equal(smooth.length, 200);
    const errors = smooth.slice(10, -10).map((value, index) => Math.abs(value - (1 - (index + 10) / 199)));
    assert.ok(Math.max(...errors) < 0.04, String(Math.max(...errors)));
  });

  test('a window of one changes nothing', () => assert.deepEqual(smoothed([3, 1, 2], 1), [3, 1, 2]));
});

describe('trend', () => {
  test('a curve that falls to its end is falling, one that rises is rising', () => {
    assert.ok(counted(200, (t) => 1 - t).falling >= 95);
    assert.ok(counted(200, (t) => t).rising >= 95);
  });

  test('a curve that fell and has come to rest is level', () => {
    assert.ok(counted(200, (t) => Math.max(0, 1 - 2 * t)).level >= 95);
  });

  test('noise alone is level, also where neighbours err together', () => {
    assert.ok(counted(200, () => 1).level >= 95);
    assert.ok(counted(200, () => 1, { tied: 0.6 }).level >= 92);
    assert.ok(counted(30, () => 1).level >= 95);
  });

  test('only the last third counts', () => {
    assert.equal(trend(noisy(90, (t) => (t < 0.6 ? 5 * t : 3 - t), { noise: 0.001 })), 'falling');
  });

  test('without noise the smallest slope is seen, and a constant is level', () => {
    assert.equal(trend(noisy(40, (t) => 1 - 1e-4 * t, { noise: 0 })), 'falling');
    for (const value of [0, 0.1, 0.3, 0.7, 1 / 3]) assert.equal(trend(Array(256).fill(value)), 'level', String(value));
  });

  test('missing values are passed over', () => {
    const values = noisy(60, (t) => -t, { noise: 0.001 }).flatMap((value) => [value, null, NaN]);
    assert.equal(trend(values), 'falling');
  });

  test('too few values tell nothing', () => {
    assert.equal(trend([9, 8, 7, 6, 5, 4, 3, 2, 1, 0, -1]), null);
    assert.equal(trend([9, 8, 7, 6, 5, 4, 3, 2, 1, 0, -1, -2]), 'falling');
    assert.equal(trend([]), null);
  });
});

describe('nice', () => {
  for (const [low, high, axis] of [
    [0, 1, { low: 0, high: 1, step: 0.5 }],
    [0.13, 0.97, { low: 0, high: 1, step: 0.5 }],
    [0.31, 0.42, { low: 0.3, high: 0.45, step: 0.05 }],
    [-3, 17, { low: -5, high: 20, step: 5 }],
    [0, 4321, { low: 0, high: 6000, step: 2000 }],
    [0.1, 0.3, { low: 0.1, high: 0.3, step: 0.05 }],
    [9, 1, { low: 0, high: 10, step: 2 }],
    [2, 2, { low: 1, high: 3, step: 0.5 }],
    [0, 0, { low: -0.5, high: 0.5, step: 0.5 }],
    [Infinity, -Infinity, { low: 0, high: 1, step: 0.5 }],
  ]) {
    test(`${low} to ${high}`, () => assert.deepEqual(nice(low, high), axis));
  }

  test('both ends are inside, with two to six steps', () => {
    const draw = normal(3);
    for (let index = 0; index < 500; index++) {
      const ends = [draw() * 10 ** (3 * draw()), draw() * 10 ** (3 * draw())].sort((a, b) => a - b);
      const axis = nice(...ends);
      const steps = (axis.high - axis.low) / axis.step;
      assert.ok(axis.low <= ends[0] && axis.high >= ends[1], JSON.stringify([ends, axis]));
      assert.ok(steps > 1.5 && steps < 6.5, JSON.stringify([ends, axis]));
    }
  });
});
