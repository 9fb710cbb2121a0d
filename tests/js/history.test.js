import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { History, same } from '#page/history';

const at = (amount) => ({ origin: 'seed', seed: 7, amounts: [amount, 0] });

function went(...amounts) {
  const history = new History();
  for (const amount of amounts) history.commit(at(amount));
  return history;
}

describe('history', () => {
  test('undo and redo walk through the positions that were committed', () => {
    const history = went(1, 2, 3);
    assert.deepEqual(history.undo(), at(2));
    assert.deepEqual(history.undo(), at(1));
    assert.deepEqual(history.redo(), at(2));
    assert.deepEqual(history.current, at(2));
    assert.deepEqual([history.canUndo, history.canRedo], [true, true]);
  });

  test('nothing is before the first step and nothing after the last', () => {
    const history = new History();
    assert.deepEqual([history.current, history.undo(), history.redo()], [null, null, null]);
    history.commit(at(1));
    assert.deepEqual([history.canUndo, history.canRedo], [false, false]);
    assert.deepEqual([history.undo(), history.redo()], [at(1), at(1)]);
  });

  test('a position that is the current one is no step', () => {
    const history = went(1, 2);
    history.undo();
    assert.equal(history.commit({ amounts: [1, 0], seed: 7, origin: 'seed' }), false);
    assert.equal(history.canRedo, true);
  });

  test('a new step after an undo forgets what was undone', () => {
    const history = went(1, 2);
    history.undo();
    assert.equal(history.commit(at(3)), true);
    assert.equal(history.canRedo, false);
    assert.deepEqual(history.undo(), at(1));
  });

  test('the oldest position goes when there are more than the limit', () => {
    const history = new History(3);
    for (const amount of [1, 2, 3, 4]) history.commit(at(amount));
    history.undo();
    assert.deepEqual(history.undo(), at(2));
    assert.equal(history.canUndo, false);
  });

  test('a position that is changed afterwards does not change the past', () => {
    const history = new History();
    const position = at(1);
    history.commit(position);
    position.amounts[0] = 9;
    history.current.amounts[0] = 9;
    assert.deepEqual(history.current, at(1));
  });

  test('what JSON keeps of it goes on where it was', () => {
    const history = went(1, 2, 3);
    history.undo();
    const again = new History(80, JSON.parse(JSON.stringify(history)));
    assert.deepEqual(again.current, at(2));
    assert.deepEqual(again.redo(), at(3));
    again.undo();
    assert.deepEqual(again.undo(), at(1));
  });

  test('of a longer past the newest positions are kept', () => {
    const history = new History(2, { past: [at(1), at(2), at(3)], future: [] });
    assert.deepEqual(history.undo(), at(2));
    assert.equal(history.canUndo, false);
  });

  for (const kept of [null, {}, 'damaged', { past: 3, future: { length: 2 } }]) {
    test(`it starts anew from ${JSON.stringify(kept)}`, () => {
      assert.deepEqual(new History(80, kept).toJSON(), { past: [], future: [] });
    });
  }
});

describe('same', () => {
  for (const [one, other] of [
    [at(1), at(2)],
    [at(1), null],
    [at(1), { ...at(1), t: 0 }],
    [{ t: null }, { a: null }],
    [[1, 2], [1]],
    [[], {}],
    [1, '1'],
  ]) {
    test(`${JSON.stringify(one)} is not ${JSON.stringify(other)}`, () => {
      assert.equal(same(one, other), false);
      assert.equal(same(other, one), false);
    });
  }
});
