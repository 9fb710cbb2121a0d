import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Painter } from '../../neural_art/web/modules/painter.js';

const settled = () => new Promise((done) => { setTimeout(done, 0); });
const at = (amount, run = 'run') => ({ run, position: { amounts: [amount] } });

/** A painter whose answers come when the test says so, and whose hand rests when it says so. */
function studio() {
  const asked = [], shown = [], refused = [], rests = new Map();
  let number = 0;
  const painter = new Painter({
    client: 'tab',
    ask: (request) => new Promise((done, refuse) => {
      const answer = (more = {}) => done({ picture: request.position.amounts[0], took: 0, ...more });
      asked.push({ ...request, answer, refuse });
    }),
    show: (answer, wish, late) => {
      if (!late()) shown.push(answer.fine ? `${answer.picture} fine` : answer.picture);
      return Promise.resolve();
    },
    refused: (trouble) => refused.push(trouble.message),
    now: () => 0,
    after: (act) => { rests.set(++number, act); return number; },
    cancel: (id) => rests.delete(id),
  });
  const rest = () => { for (const [id, act] of [...rests]) { rests.delete(id); act(); } };
  return { painter, asked, shown, refused, rest };
}

/** One that knows that the server is near, so that one request is under way at a time. */
async function near() {
  const made = studio();
  made.painter.push(at(0));
  made.asked[0].answer();
  await settled();
  made.asked.length = made.shown.length = 0;
  return made;
}

test('of what is wanted meanwhile only the newest is asked for, and it is shown', async () => {
  const { painter, asked, shown } = await near();
  for (const amount of [1, 2, 3]) painter.push(at(amount));
  assert.deepEqual(asked.map(({ position }) => position.amounts[0]), [1]);
  asked[0].answer();
  await settled();
  asked[1].answer();
  await settled();
  assert.deepEqual(asked.map(({ position }) => position.amounts[0]), [1, 3]);
  assert.deepEqual(shown, [1, 3]);
});

test('several are under way where the server is far, and an answer that was overtaken is not shown', async () => {
  const { painter, asked, shown } = studio();
  painter.push(at(1));
  painter.push(at(2));
  assert.equal(asked.length, 2);
  asked[1].answer();
  await settled();
  asked[0].answer();
  await settled();
  assert.deepEqual(shown, [2]);
});

test('requests carry the client and rising numbers', () => {
  const { painter, asked } = studio();
  painter.push(at(1));
  painter.push(at(2));
  assert.deepEqual(asked.map(({ client, number }) => [client, number]), [['tab', 1], ['tab', 2]]);
});

test('a stale answer is ignored', async () => {
  const { painter, asked, shown, refused } = await near();
  painter.push(at(1));
  asked[0].answer({ stale: true });
  await settled();
  assert.deepEqual([shown, refused], [[], []]);
});

test('the same position is not asked for twice', () => {
  const { painter, asked } = studio();
  painter.push(at(1));
  painter.push(at(1));
  assert.equal(asked.length, 1);
});

test('a picture is refined once the hand rests, and not if it moves first', async () => {
  const { painter, asked, shown, rest } = await near();
  painter.push(at(1));
  asked[0].answer();
  await settled();
  assert.equal(painter.busy, true);
  painter.push(at(2));
  rest();
  assert.equal(asked.some(({ fine }) => fine), false);
  asked[1].answer();
  await settled();
  rest();
  asked[2].answer({ fine: true });
  await settled();
  assert.equal(asked[2].fine, true);
  assert.deepEqual(shown, [1, 2, '2 fine']);
  assert.equal(painter.busy, false);
});

test('a newer model paints the last picture again', async () => {
  const { painter, asked, rest } = await near();
  rest();
  asked[0].answer({ fine: true });
  await settled();
  painter.renew();
  assert.deepEqual([asked.length, asked[1].fine], [2, true]);
});

test('an answer for a run that was left is not shown, nor is its refusal said', async () => {
  const { painter, asked, shown, refused } = studio();
  painter.push(at(1));
  painter.push(at(2));
  painter.clear();
  painter.push(at(1, 'other'));
  asked[0].answer();
  asked[1].refuse(new Error('gone'));
  await settled();
  assert.deepEqual([shown, refused], [[], []]);
  asked[2].answer();
  await settled();
  assert.deepEqual(shown, [1]);
});

test('a refusal is said, and the next movement asks again', async () => {
  const { painter, asked, refused } = await near();
  painter.push(at(1));
  asked[0].refuse(new Error('no such painting'));
  await settled();
  painter.push(at(2));
  assert.deepEqual([refused, asked.length], [['no such painting'], 2]);
});
