import assert from 'node:assert/strict';
import test from 'node:test';

import { bring, receives } from '#page/bringing';

test('what is picked before the uploader is there waits for it, and the rest goes to it at once', () => {
  const taken = [];
  bring('first');
  bring('second');
  receives((selection) => taken.push(selection));
  assert.deepEqual(taken, ['first', 'second']);
  bring('third');
  assert.deepEqual(taken, ['first', 'second', 'third']);
});
