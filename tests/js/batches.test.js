import assert from 'node:assert/strict';
import { test } from 'node:test';

import { batches } from '#page/batches';

const sizes = (made) => made.map((batch) => batch.map((file) => file.size));
const files = (...bytes) => bytes.map((size) => ({ size }));

test('files stay in order, as many in a batch as it may have', () => {
  assert.deepEqual(sizes(batches(files(1, 2, 3, 4, 5), { files: 2 })), [[1, 2], [3, 4], [5]]);
});

test('a batch is as large as it may be and no larger', () => {
  assert.deepEqual(sizes(batches(files(6, 4, 1, 9, 2), { bytes: 10 })), [[6, 4], [1, 9], [2]]);
});

test('a file that is larger than a batch goes alone', () => {
  assert.deepEqual(sizes(batches(files(1, 99, 1), { bytes: 10 })), [[1], [99], [1]]);
});

test('forty files or 24 MiB, unless it is said', () => {
  assert.deepEqual(batches(files(...Array(50).fill(0))).map((batch) => batch.length), [40, 10]);
  assert.deepEqual(batches(files(12 << 20, 12 << 20, 1)).map((batch) => batch.length), [2, 1]);
});

test('no files are no batches', () => assert.deepEqual(batches([]), []));

test('what is not a File says its own size', () => {
  const entries = [{ file: { size: 6 } }, { file: { size: 6 } }];
  assert.equal(batches(entries, { bytes: 10, size: ({ file }) => file.size }).length, 2);
});
