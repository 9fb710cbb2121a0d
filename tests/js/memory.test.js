import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';

import { forget, get, linkTo, runOf, set } from '#page/memory';

/** The parts of a browser's storage that are used; `full` refuses to write. */
class Storage {
  texts = new Map();
  full = false;

  getItem(key) { return this.texts.get(key) ?? null; }

  setItem(key, text) {
    if (this.full) throw new DOMException('full', 'QuotaExceededError');
    this.texts.set(key, text);
  }

  removeItem(key) { this.texts.delete(key); }
}

function browser(storage) {
  Object.defineProperty(globalThis, 'localStorage', { configurable: true, get: storage });
}

const refuses = () => { throw new DOMException('refused', 'SecurityError'); };

describe('with a storage', () => {
  let storage;

  beforeEach(() => {
    storage = new Storage();
    browser(() => storage);
  });

  afterEach(() => forget('runs'));

  test('a value is stored as JSON, under the name of the page', () => {
    assert.equal(set('runs', ['a', { b: 1 }]), true);
    assert.equal(storage.texts.get('neural_art/runs'), '["a",{"b":1}]');
    assert.deepEqual(get('runs'), ['a', { b: 1 }]);
  });

  test('what was never set, was forgotten or is damaged is something else', () => {
    assert.equal(get('runs'), null);
    set('runs', 1);
    forget('runs');
    assert.deepEqual(get('runs', []), []);
    storage.texts.set('neural_art/runs', '["a",');
    assert.deepEqual(get('runs', []), []);
  });

  test('a value that is false, 0 or null is a value', () => {
    for (const value of [false, 0, null, '']) {
      set('runs', value);
      assert.equal(get('runs', 'otherwise'), value);
    }
  });

  test('what a full storage refuses is remembered for now, and stored once there is room', () => {
    set('runs', ['a']);
    storage.full = true;
    assert.equal(set('runs', ['a', 'b']), false);
    assert.deepEqual(get('runs'), ['a', 'b']);
    storage.full = false;
    assert.equal(set('runs', ['c']), true);
    storage.texts.set('neural_art/runs', '["c","from another tab"]');
    assert.deepEqual(get('runs'), ['c', 'from another tab']);
  });
});

describe('where storage is refused', () => {
  beforeEach(() => browser(refuses));

  test('values are remembered until the page is left', () => {
    assert.equal(get('runs', 'none'), 'none');
    assert.equal(set('runs', ['a']), false);
    assert.deepEqual(get('runs'), ['a']);
    forget('runs');
    assert.equal(get('runs'), null);
  });

  test('a value that is changed afterwards is not changed here', () => {
    const runs = ['a'];
    set('runs', runs);
    runs.push('b');
    get('runs').push('c');
    assert.deepEqual(get('runs'), ['a']);
    forget('runs');
  });
});

describe('links', () => {
  test('a link names the run and nothing else of where one is', () => {
    const here = 'https://user-space.example/page/?__sign=secret&run=old#na-train';
    assert.equal(linkTo('Ab_-9', here), 'https://user-space.example/page/?run=Ab_-9');
  });

  test('the run of a link is read again, whatever its letters', () => {
    assert.equal(runOf(linkTo('a&b=ü', 'http://127.0.0.1:7860/')), 'a&b=ü');
  });

  test('an address without a run has none', () => {
    assert.equal(runOf('http://127.0.0.1:7860/'), null);
    assert.equal(runOf('http://127.0.0.1:7860/?run='), null);
  });
});
