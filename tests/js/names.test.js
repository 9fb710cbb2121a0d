import assert from 'node:assert/strict';
import test from 'node:test';

import { nameOf, watchNames } from '#page/names';
import { speak } from '#page/words';

class Element {
  nodeType = 1;
  title = '';
  #name;
  constructor(name, children = []) { this.#name = name; this.children = children; }
  hasAttribute() { return this.#name !== undefined; }
  getAttribute() { return this.#name; }
  setAttribute(_, name) { this.#name = name; }
  querySelectorAll() { return this.children; }
}

test('a slider is called as its label, and its number says that it is one', () => {
  speak('en');
  assert.equal(nameOf('range slider for Direction 1 (strongest)'), 'Direction 1 (strongest)');
  assert.equal(nameOf('number input for Length'), 'Length, as a number');
  speak('zh');
  assert.equal(nameOf('number input for 时长'), '时长（数值）');
  assert.equal(nameOf('Fullscreen'), '放大显示');
});

test('what is called well already keeps its name', () => {
  for (const name of ['Your paintings', '', 'constructor', null]) assert.equal(nameOf(name), null, name);
});

test('parts are named at once, when they come, when Gradio names them anew and in another language', () => {
  speak('en');
  let changed;
  globalThis.MutationObserver = class { constructor(tell) { changed = tell; } observe() {} };
  const button = new Element('Fullscreen'), range = new Element('range slider for Length');
  button.title = 'Fullscreen';
  const root = new Element(undefined, [button, range]);
  watchNames(root);
  assert.deepEqual([button, range].map((each) => each.getAttribute()), ['Show large', 'Length']);
  assert.equal(button.title, 'Show large');
  const late = new Element('number input for Length');
  root.children.push(late);
  changed([{ type: 'childList', addedNodes: [{ nodeType: 3 }, late] }]);
  assert.equal(late.getAttribute(), 'Length, as a number');
  speak('zh');
  assert.equal(button.getAttribute(), '放大显示');
  range.setAttribute('aria-label', 'range slider for 时长');
  changed([{ type: 'attributes', target: range }]);
  assert.equal(range.getAttribute(), '时长');
  delete globalThis.MutationObserver;
});
