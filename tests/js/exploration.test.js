import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Exploration } from '../../neural_art/web/modules/exploration.js';

const LIMITS = { count: 2, truncation: 0.7 };

function begun(kept = {}) {
  const remembered = new Map(Object.entries(kept)), heard = [];
  const exploration = new Exploration({
    get: (key, otherwise) => remembered.get(key) ?? otherwise,
    set: (key, value) => remembered.set(key, value),
    forget: (key) => remembered.delete(key),
  });
  exploration.listen((what) => heard.push(what));
  exploration.open('one', LIMITS);
  return { exploration, remembered, heard };
}

test('a movement becomes a step only when it is let go', () => {
  const { exploration, heard } = begun();
  exploration.move(0, 1);
  exploration.move(0, 2);
  assert.equal(exploration.canUndo, false);
  exploration.commit();
  assert.deepEqual(heard, ['opened', 'moved', 'moved', 'settled']);
  exploration.undo();
  assert.deepEqual(exploration.at.amounts, [0, 0]);
  exploration.redo();
  assert.deepEqual(exploration.at.amounts, [2, 0]);
});

test('a run is found where it was left, with its steps', () => {
  const { exploration } = begun();
  exploration.move(1, 3);
  exploration.commit();
  const left = structuredClone(exploration.at);
  exploration.open('two', LIMITS);
  assert.notDeepEqual(exploration.at, left);
  exploration.open('one', LIMITS);
  assert.deepEqual(exploration.at, left);
  assert.equal(exploration.canUndo, true);
});

test('the first picture of a run is the one that is found again', () => {
  const { exploration } = begun();
  const first = structuredClone(exploration.at);
  exploration.open('two', LIMITS);
  exploration.open('one', LIMITS);
  assert.deepEqual(exploration.at, first);
});

test('what version 0.1 remembered is read', () => {
  const left = { origin: 'seed', seed: 9, a: 0, b: 0, t: 0, amounts: [1, 1], daring: 0.5, group: null };
  const { exploration } = begun({ 'run/one': { past: [left], future: [] } });
  assert.deepEqual([exploration.at.seed, exploration.at.truncation, exploration.at.class_index], [9, 0.5, null]);
});

for (const kept of [{ past: 'no', future: 3 }, 7, { past: [null] }]) {
  test(`${JSON.stringify(kept)} in the storage is no reason to fail`, () => {
    assert.equal(begun({ 'run/one': kept }).exploration.at.origin, 'seed');
  });
}

test('nothing of the former run is left when another is opened', () => {
  const { exploration } = begun();
  exploration.learn({ names: ['a'], favourites: [structuredClone(exploration.at)] });
  exploration.ofClass(1);
  const { turn } = exploration;
  exploration.open('two', LIMITS);
  const { info, classIndex, isKept } = exploration;
  assert.deepEqual([info.names, info.favourites, classIndex, isKept], [[], [], null, false]);
  assert.notEqual(exploration.turn, turn);
});

test('the slider of the morph does nothing until there is a way from one painting to another', () => {
  const { exploration } = begun();
  exploration.move('morph', 0.5);
  assert.equal(exploration.at.t, 0);
  exploration.morph('b', 4);
  assert.deepEqual([exploration.at.origin, exploration.at.b, exploration.at.t], ['morph', 4, 1]);
  exploration.move('morph', 0.5);
  exploration.morph('a', 2);
  assert.deepEqual([exploration.at.a, exploration.at.b, exploration.at.t], [2, 4, 0.5]);
});

test('starting from a painting and resetting put the sliders to zero', () => {
  const { exploration } = begun();
  exploration.move(0, 1);
  exploration.move('truncation', 1.2);
  exploration.start(3);
  assert.deepEqual(
    [exploration.at.origin, exploration.at.a, exploration.at.amounts, exploration.at.truncation],
    ['painting', 3, [0, 0], 1.2],
  );
  exploration.move(1, 2);
  exploration.reset();
  assert.deepEqual(
    [exploration.at.origin, exploration.at.amounts, exploration.at.truncation],
    ['painting', [0, 0], 0.7],
  );
});

test('a picture that was kept is known again', () => {
  const { exploration, heard } = begun();
  exploration.keep([structuredClone(exploration.at)]);
  assert.equal(exploration.isKept, true);
  exploration.move(0, 1);
  assert.equal(exploration.isKept, false);
  assert.ok(heard.includes('kept'));
});

test('new pictures are of the class that was chosen and as daring as the one that is shown', () => {
  const { exploration } = begun();
  exploration.move('truncation', 1.1);
  exploration.ofClass(2);
  assert.deepEqual([exploration.at.class_index, exploration.at.truncation], [2, 0.7]);
  exploration.move('truncation', 1.1);
  const some = exploration.some(16);
  assert.equal(new Set(some.map(({ seed }) => seed)).size, 16);
  assert.ok(some.every(({ truncation, class_index: index }) => truncation === 1.1 && index === 2));
});

test('a visit goes on with the run that was made of what is open', () => {
  const { exploration, remembered } = begun();
  exploration.move(0, 1);
  exploration.commit();
  const { at, turn } = exploration;
  exploration.continueAs('made');
  assert.deepEqual([exploration.run, exploration.at, exploration.turn], ['made', at, turn]);
  assert.deepEqual([...remembered.keys()], ['run/made']);
});
