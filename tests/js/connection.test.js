import assert from 'node:assert/strict';
import { test } from 'node:test';

import { NUMBER, isOurs, persistent } from '../../neural_art/web/modules/connection.js';

const EVENT = 'http://127.0.0.1:7860/gradio_api/run/predict';
const OK = { status: 200 };

/** A `persistent` fetch over scripted outcomes: an answer, or an error that is thrown. */
function scripted(...outcomes) {
  const seen = { sent: [], waits: [], away: [], back: 0 };
  const fetch = (address, options) => {
    seen.sent.push([address, new Headers(options?.headers).get(NUMBER)]);
    const outcome = outcomes.shift();
    return outcome instanceof Error ? Promise.reject(outcome) : Promise.resolve(outcome);
  };
  let number = 0;
  seen.fetch = persistent(fetch, {
    away: (attempt) => seen.away.push(attempt),
    back: () => { seen.back += 1; },
    wait: (milliseconds) => { seen.waits.push(milliseconds); return Promise.resolve(); },
    number: () => `n${(number += 1)}`,
  });
  return seen;
}

test('a request that fails on the way is sent again, with the same number, until it is answered', async () => {
  const seen = scripted(new TypeError('Failed to fetch'), new TypeError('Failed to fetch'), OK);
  assert.equal(await seen.fetch(EVENT, { method: 'POST' }), OK);
  assert.deepEqual(seen.sent, [[EVENT, 'n1'], [EVENT, 'n1'], [EVENT, 'n1']]);
  assert.deepEqual(seen.away, [1, 2]);
  assert.equal(seen.back, 1);
});

test('a proxy that has lost its server counts as no answer', async () => {
  const seen = scripted({ status: 502 }, { status: 503 }, { status: 504 }, OK);
  assert.equal(await seen.fetch(EVENT), OK);
  assert.equal(seen.sent.length, 4);
});

test('what the server refuses is an answer', async () => {
  for (const status of [400, 404, 413, 500]) {
    const seen = scripted({ status });
    assert.deepEqual(await seen.fetch(EVENT), { status });
    assert.deepEqual(seen.away, []);
  }
});

test('each request has a number of its own', async () => {
  const seen = scripted(OK, OK);
  await seen.fetch(EVENT);
  await seen.fetch(EVENT);
  assert.deepEqual(seen.sent.map(([, number]) => number), ['n1', 'n2']);
});

test('the waits grow, but not beyond eight seconds', async () => {
  const seen = scripted(...Array.from({ length: 9 }, () => new TypeError('Failed to fetch')), OK);
  await seen.fetch(EVENT);
  assert.deepEqual(seen.waits, [100, 200, 400, 800, 1600, 3200, 6400, 8000, 8000]);
});

test('the server is back when the last of several requests is answered', async () => {
  const seen = scripted(new TypeError('a'), new TypeError('b'), OK, OK);
  await Promise.all([seen.fetch(EVENT), seen.fetch(EVENT)]);
  assert.equal(seen.back, 1);
});

test('as soon as one request is answered, those that wait are tried again', async () => {
  const sent = [];
  let up = false;
  const fetch = persistent((address) => {
    sent.push(address);
    return up ? Promise.resolve(OK) : Promise.reject(new TypeError('Failed to fetch'));
  }, { away: () => {}, back: () => {}, wait: () => new Promise(() => {}), number: () => 'n' });
  const waiting = fetch(`${EVENT}?1`);
  await new Promise((done) => { setTimeout(done); });
  up = true;
  await fetch(`${EVENT}?2`);
  assert.equal(await waiting, OK);
  assert.deepEqual(sent.map((address) => address.slice(-1)), ['1', '2', '1']);
});

test('a request that the page itself gave up is not sent again', async () => {
  const stop = new AbortController();
  stop.abort();
  const seen = scripted(new TypeError('aborted'), OK);
  await assert.rejects(seen.fetch(EVENT, { signal: stop.signal }), TypeError);
  assert.equal(seen.sent.length, 1);
});

test('what is not a call of the page goes its usual way', async () => {
  const seen = scripted(new TypeError('Failed to fetch'));
  await assert.rejects(seen.fetch('http://127.0.0.1:7860/assets/index.js'), TypeError);
  assert.equal(isOurs('http://host/art/gradio_api/component_server/'), true);
  assert.equal(isOurs('http://host/gradio_api/upload?upload_id=x'), true);
  assert.equal(isOurs('http://host/gradio_api/upload_progress?upload_id=x'), false);
  assert.equal(isOurs('http://host/gradio_api/queue/data'), false);
});
