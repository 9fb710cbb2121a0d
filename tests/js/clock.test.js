import assert from 'node:assert/strict';
import { test } from 'node:test';

import { clock, faceOf } from '#page/clock';

const training = { state: 'training', begun: true, seconds: 61, left: 239.6, place: null };

test('seconds are shown as minutes, and as hours where there are some', () => {
  assert.deepEqual([0, 59.6, 83, 3725, -3].map(clock), ['0:00', '1:00', '1:23', '1:02:05', '0:00']);
});

test('a training shows what is left of it, and that it is being saved', () => {
  assert.deepEqual(faceOf(training), ['4:00', 'clock.left']);
  assert.deepEqual(faceOf({ ...training, state: 'ending' }), ['4:00', 'clock.ending']);
  assert.deepEqual(faceOf({ ...training, state: 'paused' }), ['4:00', 'clock.paused']);
});

test('one that has not learned anything yet shows no time', () => {
  const early = { ...training, begun: false, seconds: 0, left: null };
  const faces = ['training', 'ending', 'paused'].map((state) => faceOf({ ...early, state }));
  assert.deepEqual(faces, [['…', 'clock.warming'], ['…', 'clock.ending.early'], ['0:00', 'clock.paused.early']]);
});

test('one that has ended shows how long it took', () => {
  assert.deepEqual(faceOf({ ...training, state: 'finished' }), ['1:01', 'clock.took']);
  assert.deepEqual(faceOf({ ...training, state: 'failed' }), ['1:01', 'clock.failed']);
});

test('one that waits shows its place in the queue, where that is known', () => {
  assert.deepEqual(faceOf({ ...training, state: 'waiting', place: 2 }), ['2.', 'clock.place']);
  assert.deepEqual(faceOf({ ...training, state: 'waiting' }), ['…', 'clock.waiting']);
});

test('one that waits for a card that is lent has no place in the queue', () => {
  assert.deepEqual(faceOf({ ...training, state: 'waiting', loan: true }), ['…', 'clock.loan']);
  assert.deepEqual(faceOf({ ...training, loan: true }), ['4:00', 'clock.left']);
});
