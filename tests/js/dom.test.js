import assert from 'node:assert/strict';
import { test } from 'node:test';

import { clamp, make, show } from '../../neural_art/web/modules/dom.js';

class Element {
  constructor(tag) { this.tag = tag; this.attributes = {}; this.children = []; }
  setAttribute(name, value) { this.attributes[name] = value; }
  append(...children) { this.children.push(...children); }
}

test('an element has its attributes and children, and nothing for what is missing', () => {
  globalThis.document = {
    createElement: (tag) => new Element(tag),
    createElementNS: (space, tag) => new Element(`${space} ${tag}`),
  };
  const attributes = { id: 'a', hidden: true, title: null, lang: undefined, draggable: false };
  const made = make('p', attributes, '<b>', null, make('i'), false);
  assert.deepEqual(made.attributes, { id: 'a', hidden: '' });
  assert.equal(made.children.length, 2);
  assert.equal(made.children[0], '<b>');
  assert.match(make('path').tag, /svg/);
  delete globalThis.document;
});

test('shown is not hidden', () => {
  assert.equal(show({}, true).hidden, false);
  assert.equal(show({}, false).hidden, true);
});

test('a value is kept between its limits', () => {
  assert.deepEqual([-1, 3, 9].map((value) => clamp(value, 0, 5)), [0, 3, 5]);
});
