import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';

import { forget, get, set } from '../../neural_art/web/modules/memory.js';
import { firstLanguage, recall, remember } from '../../neural_art/web/modules/recall.js';

const LANGUAGES = ['en', 'zh'];

globalThis.navigator ??= { languages: ['en'] }; // Node has none before 21

beforeEach(() => {
  const place = { href: 'http://127.0.0.1:7860/' };
  globalThis.location = place;
  globalThis.document = { documentElement: { classList: { remove() {} }, dataset: {} } };
  globalThis.window = { history: { state: null, replaceState: (state, title, url) => { place.href = url.href; } } };
  globalThis.window.parent = globalThis.window;
});

afterEach(() => {
  for (const name of ['location', 'document', 'window']) delete globalThis[name];
  for (const key of ['run', 'runs', 'language', 'step']) forget(key);
});

test('what is remembered is recalled', () => {
  const session = { run: 'abc', runs: ['abc', 'def'], language: 'zh', step: 'train' };
  remember(session);
  assert.deepEqual(recall(LANGUAGES), session);
});

test('the run in the address goes before the one that was open last, and starts at no step of that', () => {
  remember({ run: 'abc', runs: ['abc'], language: 'en', step: 'train' });
  globalThis.location.href = 'http://127.0.0.1:7860/?run=other';
  assert.equal(recall(LANGUAGES).run, 'other');
  assert.equal(recall(LANGUAGES).step, '');
});

test('the address names the open run, and the outer page of a frame is told', () => {
  const told = [];
  globalThis.window.parent = { postMessage: (message) => told.push(message) };
  remember({ run: 'abc', runs: ['abc'], language: 'en', step: '' });
  assert.equal(new URL(globalThis.location.href).searchParams.get('run'), 'abc');
  assert.deepEqual(told, [{ queryString: '?run=abc' }]);
  remember({ run: '', runs: ['abc'], language: 'en', step: '' });
  assert.equal(globalThis.location.href, 'http://127.0.0.1:7860/');
});

test('what earlier versions or other pages left under our names does no harm', () => {
  set('runs', { not: 'a list' });
  set('language', 'fr');
  const { runs, language } = recall(LANGUAGES);
  assert.deepEqual(runs, []);
  assert.ok(LANGUAGES.includes(language));
  assert.equal(get('runs').not, 'a list');
});

test('the language is the first of the browser’s that the page speaks', () => {
  assert.equal(firstLanguage(LANGUAGES, ['fr-FR', 'zh-HK', 'en']), 'zh');
  assert.equal(firstLanguage(LANGUAGES, ['fr']), 'en');
});
