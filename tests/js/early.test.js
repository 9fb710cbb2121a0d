import assert from 'node:assert/strict';
import { test } from 'node:test';

import { askEarly, early } from '../../neural_art/web/modules/early.js';
import { exploration } from '../../neural_art/web/modules/exploration.js';
import { Pacing } from '../../neural_art/web/modules/pacing.js';

const COMPONENTS = [
  { id: 3, props: {} },
  { id: 7, props: { elem_id: 'stage', value: { limits: { count: 1, truncation: 0.7 } } } },
];

function asking(answer) {
  const sent = [];
  const fetch = (address, { body }) => {
    sent.push([address, JSON.parse(body)]);
    return Promise.resolve({ json: () => Promise.resolve(answer) });
  };
  return { sent, fetch };
}
const session = (more = {}) => ({ run: `run${Math.random()}`, step: '', language: 'en', ...more });

test('the picture where the visit was left is asked for, and its answer is used once', async () => {
  const { sent, fetch } = asking({ picture: 'data:', took: 40 }), visit = session();
  assert.equal(askEarly(visit, COMPONENTS, fetch), true);
  const [[, { component_id: id, fn_name: name, data }]] = sent;
  assert.deepEqual([id, name, data.run, data.position], [7, 'ask_paint', visit.run, exploration.at]);
  const request = { run: visit.run, position: exploration.at };
  const answer = await early(request), pacing = new Pacing(), { allowed } = pacing;
  assert.equal(answer.picture, 'data:');
  pacing.note(1, answer.took);
  assert.equal(pacing.allowed, allowed, 'a trip that began long ago says nothing of the distance');
  assert.equal(await early(request), null);
});

test('another position, another run and a fine picture are asked for anew', async () => {
  for (const change of [{ position: {} }, { run: 'other' }, { fine: true }]) {
    const { fetch } = asking({ picture: 'data:' }), visit = session();
    askEarly(visit, COMPONENTS, fetch);
    assert.equal(await early({ run: visit.run, position: exploration.at, ...change }), null);
  }
});

test('a refusal is no answer: the stage asks for itself, and says it', async () => {
  const { fetch } = asking({ error: 'This run has no model yet.' }), visit = session();
  askEarly(visit, COMPONENTS, fetch);
  assert.equal(await early({ run: visit.run, position: exploration.at }), null);
});

test('nothing is asked without a run, at another step, or where there is no stage', () => {
  const { sent, fetch } = asking({});
  assert.equal(askEarly(session({ run: '' }), COMPONENTS, fetch), false);
  assert.equal(askEarly(session({ step: 'train' }), COMPONENTS, fetch), false);
  assert.equal(askEarly(session(), [], fetch), false);
  assert.deepEqual(sent, []);
});
