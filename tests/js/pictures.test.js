import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

import { exploration } from '../../neural_art/web/modules/exploration.js';
import { painted, thumbnail, use } from '../../neural_art/web/modules/pictures.js';

const LIMITS = { count: 1, truncation: 0.7 };
let asked, occupied;
const server = {
  ask_thumbnails: ({ run, indexes }) => {
    asked.push(['thumbnails', run, indexes]);
    return Promise.resolve({ thumbnails: indexes.map((index) => `${run}/${index}`) });
  },
  ask_paint_many: ({ run, positions, side }) => {
    asked.push(['paint_many', run, positions, side]);
    return Promise.resolve({ pictures: positions.map((position) => `${run}:${position}:${side}`) });
  },
};

let number = 0;
beforeEach(() => {
  asked = [];
  occupied = false;
  use(server, () => occupied);
  exploration.open(`run${number++}`, LIMITS);
});

test('thumbnails are asked for together, and each once', async () => {
  const { run } = exploration;
  assert.deepEqual(await Promise.all([thumbnail(0), thumbnail(1)]), [`${run}/0`, `${run}/1`]);
  assert.equal(await thumbnail(0), `${run}/0`);
  assert.deepEqual(asked, [['thumbnails', run, [0, 1]]]);
});

test('pictures are asked for a few at a time, those of one size together', async () => {
  const all = await Promise.all([...[1, 2, 3, 4, 5].map((each) => painted(each, 64)), painted(9, 128)]);
  assert.deepEqual(all.map((each) => each.split(':')[1]), ['1', '2', '3', '4', '5', '9']);
  const requests = asked.map(([, , positions, side]) => [positions, side]);
  assert.deepEqual(requests, [[[1, 2, 3, 4], 64], [[5], 64], [[9], 128]]);
});

test('nothing is asked while a slider is at work', async () => {
  occupied = true;
  const coming = painted(1, 64);
  await new Promise((done) => { setTimeout(done, 120); });
  assert.deepEqual(asked, []);
  occupied = false;
  await coming;
});

test('what was wanted of a run that was left is not asked for', async () => {
  occupied = true;
  painted(1, 64);
  exploration.open('left', LIMITS);
  occupied = false;
  const { run } = exploration;
  await painted(2, 64);
  assert.deepEqual(asked.map(([, of, positions]) => [of, positions]), [[run, [2]]]);
});

test('what was wanted of the ready model is asked of the run that was made of it', async () => {
  occupied = true;
  const coming = painted(1, 64);
  exploration.continueAs('made');
  occupied = false;
  assert.equal(await coming, 'made:1:64');
});

test('a refusal leaves a place empty and the others are served', async () => {
  const refusing = { ...server, ask_thumbnails: () => Promise.resolve({ error: 'There are no such paintings.' }) };
  use(refusing, () => occupied);
  thumbnail(3);
  assert.ok(await painted(1, 64));
});
