import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';

import { moves, set } from '../../neural_art/web/modules/sliders.js';

/** The elements of a slider of Gradio's, and the area that hears their events. */
function slider(area, id) {
  const block = { id };
  const input = (type) => {
    const made = {
      type, min: '-4', max: '4', value: '0', closest: () => block, matches: (selector) => selector.includes(type),
    };
    made.dispatchEvent = ({ type: event }) => area.dispatchEvent({ type: event, from: made });
    return made;
  };
  const range = input('range'), number = input('number');
  block.querySelector = () => range;
  return { block, range, number };
}

let area, made, heard;
beforeEach(() => {
  const listeners = {};
  area = {
    addEventListener: (event, listener) => { listeners[event] = listener; },
    dispatchEvent: ({ type, from }) => listeners[type]?.({ target: from }),
  };
  made = slider(area, 'direction-1');
  globalThis.document = { getElementById: (id) => (id === 'direction-1' ? made.block : null) };
  heard = [];
  moves(area, ['direction-1'], (...told) => heard.push(told));
});
afterEach(() => { delete globalThis.document; });

const happens = (input, type, value) => { input.value = value; input.dispatchEvent({ type }); };

test('a movement is told, and that it was let go', () => {
  happens(made.range, 'input', '1.5');
  happens(made.range, 'change', '1.5');
  assert.deepEqual(heard, [['direction-1', 1.5, false], ['direction-1', 1.5, true]]);
});

test('a number that is typed stays within the limits, and an emptied box is no number', () => {
  happens(made.number, 'input', '99');
  happens(made.number, 'input', '');
  assert.deepEqual(heard, [['direction-1', 4, false]]);
});

test('a slider that the page sets tells nobody but Gradio', () => {
  assert.equal(set('direction-1', 2.5), true);
  assert.equal(made.range.value, 2.5);
  assert.deepEqual(heard, []);
  happens(made.range, 'input', '1');
  assert.equal(heard.length, 1);
});

test('a slider that is not there yet cannot be set', () => {
  assert.equal(set('direction-2', 1), false);
});
