import assert from 'node:assert/strict';
import { test } from 'node:test';

import { keep, kept } from '#page/asked';

test('choices are kept beside each other', () => {
  keep('a', { minutes: 10 });
  keep('a', { recipe: 'sketch' });
  keep('a', { minutes: 3 });
  assert.deepEqual(kept('a'), { minutes: 3, recipe: 'sketch' });
});

test('another run begins without them, and theirs go when something is chosen for it', () => {
  keep('a', { minutes: 10 });
  assert.deepEqual(kept('b'), {});
  assert.equal(kept('a').minutes, 10);
  keep('b', { seed: 4 });
  assert.deepEqual([kept('b'), kept('a')], [{ seed: 4 }, {}]);
});
