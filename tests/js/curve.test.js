import assert from 'node:assert/strict';
import { test } from 'node:test';

import { HEIGHT, WIDTH, curveOf, nearest, quantile, sections } from '#page/curve';

const seconds = Array.from({ length: 100 }, (_, index) => index);
const falling = seconds.map((second) => 1 - second / 200 + (second % 2 ? 0.05 : -0.05));
const points = (path) => path.slice(1).split('L').map((point) => point.split(' ').map(Number));

test('nothing is drawn without a value', () => {
  assert.equal(curveOf([], []), null);
  assert.equal(curveOf([1, 2], [null, NaN]), null);
});

test('the smoothed course is calmer than the measured values, and both fill the width', () => {
  const { paths: [{ raw, smooth }] } = curveOf(seconds, falling);
  const jumps = (path) => {
    const heights = points(path).map(([, y]) => y);
    return Math.max(...heights.slice(1).map((y, index) => Math.abs(y - heights[index])));
  };
  assert.ok(jumps(smooth) < jumps(raw) / 4);
  for (const path of [raw, smooth]) assert.deepEqual([points(path)[0][0], points(path).at(-1)[0]], [0, WIDTH]);
});

test('the axis has round ends and holds what it is told to', () => {
  const { low, high, y } = curveOf(seconds, falling, [], [0]);
  assert.equal(low, 0);
  assert.ok(high >= 1);
  assert.deepEqual([y(low), y(high)], [HEIGHT, 0]);
});

test('one value far off does not press the others flat', () => {
  const { high } = curveOf(seconds, falling.map((value, index) => (index === 50 ? 100 : value)));
  assert.ok(high < 20, String(high));
});

test('the best is the lowest of the smoothed values, not a lucky measurement', () => {
  const { best } = curveOf(seconds, falling.map((value, index) => (index === 50 ? 0.1 : value)));
  assert.ok(best > 0.45, String(best));
});

test('a training that was continued is a part of its own, which begins where the other ended', () => {
  const curve = curveOf(seconds, falling, [40.5]);
  assert.deepEqual(curve.last, [41, 100]);
  assert.deepEqual(curve.borders.map(Math.round), [Math.round((40.5 / 99) * WIDTH)]);
  const [before, after] = curve.paths.map(({ smooth }) => points(smooth));
  assert.deepEqual(before.at(-1), after[0]);
});

test('it is not smoothed across the border', () => {
  const { smooth } = curveOf(seconds, seconds.map((second) => (second <= 50 ? 1 : 0)), [50]);
  assert.deepEqual([smooth[50], smooth[51]], [1, 0]);
});

test('borders before the first value and behind the last make no part', () => {
  assert.deepEqual(sections([5, 6, 7], [2, 9]), [[0, 3]]);
  assert.deepEqual(sections([5, 6, 7], [5.5, 5.6]), [[0, 1], [1, 3]]);
  assert.deepEqual(curveOf([5, 6, 7], [1, 2, 3], [2, 9]).borders, []);
});

test('a missing value leaves the others where they are', () => {
  const { paths: [{ raw }] } = curveOf([0, 1, 2], [1, null, 3]);
  assert.deepEqual(points(raw).map(([x]) => x), [0, WIDTH]);
});

test('the moment under a pointer is the nearest one, also outside', () => {
  assert.deepEqual([-1, 0, 0.3, 0.9, 7].map((share) => nearest([0, 1, 10], share)), [0, 0, 1, 2, 2]);
});

test('a share of the values lies below their quantile', () => {
  assert.equal(quantile([5, 1, NaN, 3, 2, 4], 0.5), 3);
});
