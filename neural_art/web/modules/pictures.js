// Small pictures: the paintings' thumbnails and pictures at positions, asked for few at a time, after the sliders.
import { call } from '#page/calls';
import { exploration } from '#page/exploration';
import { pause } from '#page/dom';

const THUMBNAILS = 24, PAINTED = 4;  // in one request
let server = null, busy = () => false, working = false;
let thumbnails = new Map();  // index -> picture, of the run that is open
const queue = [];

/** `asks` is the server of the component whose functions give pictures; nothing is asked while `occupied()`. */
export function use(asks, occupied) {
  server = asks;
  busy = occupied;
  work();
}

exploration.listen((what) => {
  if (what !== 'opened') return;
  queue.length = 0;
  thumbnails = new Map();
});

/** A promise of a painting's thumbnail. It is never kept where another run is opened meanwhile. */
export function thumbnail(index) {
  if (thumbnails.has(index)) return Promise.resolve(thumbnails.get(index));
  return enqueue({ index });
}

/** A promise of the picture at a position, `side` pixels wide. */
export const painted = (position, side) => enqueue({ position, side });

function enqueue(wish) {
  return new Promise((done) => {
    queue.push({ ...wish, done });
    work();
  });
}

async function work() {
  if (working || !server) return;
  working = true;
  await pause(20);  // what is asked for in one go is asked together
  while (queue.length) {
    if (busy()) { await pause(60); continue; }
    const [first] = queue, { side } = first;
    const alike = (each) => ('index' in each) === ('index' in first) && each.side === side;
    const some = queue.filter(alike).slice(0, 'index' in first ? THUMBNAILS : PAINTED), { run, turn } = exploration;
    for (const each of some) queue.splice(queue.indexOf(each), 1);
    try {
      const pictures = 'index' in first
        ? (await call(server, 'thumbnails', { run, indexes: some.map(({ index }) => index) })).thumbnails
        : (await call(server, 'paint_many', { run, positions: some.map(({ position }) => position), side })).pictures;
      if (turn !== exploration.turn) continue;
      some.forEach(({ index, done }, number) => {
        if (index !== undefined) thumbnails.set(index, pictures[number]);
        done(pictures[number]);
      });
    } catch { /* only an ornament: its place stays empty */ }
  }
  working = false;
}
