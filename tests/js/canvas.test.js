import assert from 'node:assert/strict';
import { test } from 'node:test';

import { bytesOf, drawOn } from '../../neural_art/web/modules/canvas.js';

const canvas = (drawn = []) => ({
  canvas: { width: 256, height: 256 },
  drawImage: ({ name }) => drawn.push(name),
  clearRect() {},
});
const picture = (name, closed = []) => ({ name, width: 512, height: 512, close: () => closed.push(name) });

test('a picture is drawn, and the canvas takes its size', () => {
  const drawn = [], closed = [], context = canvas(drawn);
  assert.equal(drawOn(context)(picture('a', closed), () => false), true);
  assert.deepEqual([drawn, closed, context.canvas.width], [['a'], ['a'], 512]);
});

test('a picture that is late by then is let go without being drawn', () => {
  const drawn = [], closed = [];
  assert.equal(drawOn(canvas(drawn))(picture('a', closed), () => true), false);
  assert.deepEqual([drawn, closed], [[], ['a']]);
});

test('a data URI becomes the file that it holds', async () => {
  const file = bytesOf(`data:image/jpeg;base64,${btoa('\xff\xd8')}`);
  assert.equal(file.type, 'image/jpeg');
  assert.deepEqual([...new Uint8Array(await file.arrayBuffer())], [255, 216]);
});
