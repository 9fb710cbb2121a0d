import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dropped, nameOnDisk, send, sift, titleOf, walk } from '#page/uploading';

const MB = 1 << 20;
const LIMITS = { file_bytes: 10 * MB, total_bytes: 20 * MB, entries: 50 };
const blob = (bytes) => new Blob([new Uint8Array(bytes)]);
const sized = (size) => ({ size, slice: (from, to) => ({ size: to - from }) });
const denied = () => Object.assign(new Error('A requested file could not be found'), { name: 'NotFoundError' });
const file = (name, content) => ({ isFile: true, name, file: (yes, no) => (content ? yes(content) : no(denied())) });
const folder = (name, rounds) => ({
  isFile: false,
  name,
  createReader() {
    let round = 0;
    const readEntries = (yes, no) => {
      const some = rounds[round++] ?? [];
      if (some === 'broken') no(denied()); else yes(some);
    };
    return { readEntries };
  },
});

// ---- found

test('folders are walked to their ends, with the names of their folders', async () => {
  const many = Array.from({ length: 100 }, (_, n) => file(`${n}.jpg`, blob(1)));
  const inner = folder('inner', [[file('last.jpg', blob(1))]]);
  const { found, unread } = await walk([folder('set', [many, [inner]]), file('loose.png', blob(1))]);
  assert.equal(found.length, 102);
  assert.equal(found[100].name, 'set/inner/last.jpg');
  assert.equal(found[101].name, 'loose.png');
  assert.deepEqual(unread, []);
});

test('what cannot be read is named, and the others come', async () => {
  const { found, unread } = await walk([folder('set', [[
    file('a.jpg', blob(1)),
    file('cloud.jpg', null),
    folder('locked', ['broken']),
    folder('cut', [[file('b.jpg', blob(1))], 'broken']),
    folder('empty', []),
  ]])]);
  assert.deepEqual(found.map(({ name }) => name), ['set/a.jpg', 'set/cut/b.jpg']);
  assert.deepEqual(unread, [
    { name: 'set/cloud.jpg', code: 'unread' },
    { name: 'set/locked', code: 'folder-unread' },
    { name: 'set/cut', code: 'folder-unread' },
    { name: 'set/empty', code: 'folder-empty' },
  ]);
});

test('what operating systems leave everywhere is not walked', async () => {
  const { found } = await walk([
    folder('__MACOSX', [[file('a.jpg', blob(1))]]),
    file('.DS_Store', blob(1)),
    file('Thumbs.db', blob(1)),
    file('a.jpg', blob(1)),
  ]);
  assert.deepEqual(found.map(({ name }) => name), ['a.jpg']);
});

test('without entries the dropped files are taken', () => {
  assert.deepEqual(
    dropped({ items: [{ kind: 'string' }], files: [{ name: 'a.jpg' }] }),
    { found: [{ file: { name: 'a.jpg' }, name: 'a.jpg' }] },
  );
  const entry = {};
  const items = [entry, null].map((each) => ({ kind: 'file', webkitGetAsEntry: () => each }));
  assert.deepEqual(dropped({ items, files: [] }), { entries: [entry] });
});

// ---- sorted out

test('only what is sent counts: of a large file that is no picture, the first bytes', () => {
  const found = [
    { name: 'film.mov', file: sized(900 * MB) },
    { name: 'a.jpg', file: sized(9 * MB) },
    { name: 'empty.txt', file: sized(0) },
    { name: 'empty.jpg', file: sized(0) },
  ];
  const { files, unread, refusal } = sift({ found }, LIMITS);
  const sizes = files.map(({ name, body }) => [name, body.size]);
  assert.deepEqual(sizes, [['film.mov', 65536], ['a.jpg', 9 * MB], ['empty.jpg', 0]]);
  assert.deepEqual([unread, refusal], [[], null]);
});

test('a file over the limit is named and the others are sent', () => {
  const found = [{ name: 'huge.tif', file: sized(11 * MB) }, { name: 'a.jpg', file: sized(MB) }];
  const { files, unread, refusal } = sift({ found, unread: [{ name: 'b', code: 'unread' }] }, LIMITS);
  assert.deepEqual(files.map(({ name }) => name), ['a.jpg']);
  assert.deepEqual(unread, [{ name: 'b', code: 'unread' }, { name: 'huge.tif', code: 'too-large', bytes: 11 * MB }]);
  assert.equal(refusal, null);
});

test('a selection that is too large as a whole, or holds nothing, is refused with a sentence', () => {
  const of = (count, size) => ({
    found: Array.from({ length: count }, (_, n) => ({ name: `${n}.jpg`, file: sized(size) })),
  });
  assert.deepEqual(sift(of(3, 9 * MB), LIMITS).refusal, { key: 'data.heavy', values: { size: 27, most: 20 } });
  assert.deepEqual(sift(of(51, 1), LIMITS).refusal, { key: 'data.crowd', values: { n: 51, most: 50 } });
  const hidden = { name: 'set/.hidden', file: sized(5) };
  assert.deepEqual(sift({ found: [hidden] }, LIMITS).refusal, { key: 'data.nothing', values: {} });
  assert.equal(sift({ found: [], unread: [{ name: 'x', code: 'unread' }] }, LIMITS).refusal, null);
});

test('a run is called after its folder or its only file', () => {
  assert.equal(titleOf(['Summer <b>/a.jpg', 'Summer <b>/b.jpg']), 'Summer <b>');
  assert.equal(titleOf(['hills.zip']), 'hills');
  assert.equal(titleOf(['a.jpg', 'b.jpg']), '');
  assert.equal(titleOf([]), '');
});

test('names on disk are ours, whatever a file is called', () => {
  assert.equal(nameOnDisk('t', 3, '../`${x}`/<b>.JPEG'), 't-3.JPEG');
  assert.equal(nameOnDisk('t', 3, 'no suffix.or one that is long'), 't-3');
});

// ---- sent

/** A server that keeps what it takes; `trouble(part, attempt)` may answer in its place. */
function server(trouble = () => null) {
  const kept = new Map(), named = [], asked = [], waits = [], posts = [];
  return {
    kept, named, asked, waits, posts,
    post: (files, progress) => {
      posts.push(files.map(({ name }) => name));
      const answer = trouble(files, posts.length);
      if (answer instanceof Error) return Promise.reject(answer);
      if (answer) return Promise.resolve(answer);
      progress(files.reduce((sum, { body }) => sum + body.size, 0));
      return Promise.resolve({ status: 200, paths: files.map(({ name }) => `/cache/${name}`) });
    },
    take: ({ files, unread }) => {
      for (const { path, name } of files) kept.set(name, path);
      named.push(...unread);
      return Promise.resolve({ taken: files.length });
    },
    tell: () => {},
    ask: (reason) => { asked.push(reason); return Promise.resolve(true); },
    again: (reason) => reason.code === undefined || reason.code === 'run.upload-missing',
    wait: (milliseconds) => { waits.push(milliseconds); return Promise.resolve(); },
  };
}
const pictures = (count, bytes = 10) => Array.from({ length: count }, (_, n) => ({
  name: `${n}.jpg`, body: blob(bytes),
}));

test('ninety of ninety arrive, each once, where a batch gets no answer', async () => {
  const site = server((files, attempt) => (attempt === 2 ? new TypeError('abort') : null));
  const outcome = await send({ files: pictures(90), unread: [] }, site);
  assert.deepEqual(outcome, { sent: 90, taken: 90 });
  assert.equal(site.kept.size, 90);
  assert.deepEqual(site.posts.map((names) => names.length), [40, 40, 40, 10]);
  assert.deepEqual(site.waits, [1000]);
  assert.deepEqual(site.asked, []);
});

test('after several failures the person is asked; going on sends the batch again', async () => {
  const site = server((files, attempt) => (attempt <= 5 ? new TypeError('abort') : null));
  assert.deepEqual(await send({ files: pictures(3), unread: [] }, site), { sent: 3, taken: 3 });
  assert.equal(site.asked.length, 1);
  assert.deepEqual(site.waits, [1000, 2000, 4000, 1000]);
});

test('whoever gives up gets null, and what has arrived stays', async () => {
  const site = server((files, attempt) => (attempt > 1 ? { status: 500 } : null));
  site.ask = () => Promise.resolve(false);
  assert.equal(await send({ files: pictures(50), unread: [] }, site), null);
  assert.equal(site.kept.size, 40);
});

test('a batch that the server never got is uploaded again; another refusal is asked about at once', async () => {
  const site = server();
  const take = site.take, codes = ['run.upload-missing', 'storage.full'];
  site.take = (details) => {
    const code = codes.shift();
    return code ? Promise.reject(Object.assign(new Error(code), { code })) : take(details);
  };
  assert.deepEqual(await send({ files: pictures(3), unread: [] }, site), { sent: 3, taken: 3 });
  assert.equal(site.posts.length, 3);
  assert.deepEqual(site.asked.map(({ code }) => code), ['storage.full']);
});

test('a proxy that takes only small requests gets small ones, and what is too large for it is named', async () => {
  const limit = 1000;
  const bytes = (part) => part.reduce((sum, { body }) => sum + body.size, 0);
  const site = server((part) => (bytes(part) > limit ? { status: 413 } : null));
  const files = [...pictures(38, 300), { name: 'wide.jpg', body: blob(1500) }, { name: 'last.jpg', body: blob(20) }];
  assert.deepEqual(await send({ files, unread: [] }, site), { sent: 39, taken: 39 });
  assert.deepEqual(site.named, [{ name: 'wide.jpg', code: 'proxy-limit', bytes: 1500 }]);
  assert.equal(site.kept.size, 39);
  assert.ok(site.posts.length < 39, 'not one request a file');
});

test('a file that changes while it is sent is named, and the others arrive', async () => {
  const gone = { name: 'gone.jpg', body: { size: 10, arrayBuffer: () => Promise.reject(denied()) } };
  const site = server();
  const unread = [{ name: 'cloud.jpg', code: 'unread' }];
  assert.deepEqual(await send({ files: [...pictures(5), gone], unread }, site), { sent: 5, taken: 5 });
  assert.deepEqual(site.named, [{ name: 'cloud.jpg', code: 'unread' }, { name: 'gone.jpg', code: 'changed' }]);
});

test('names are sent even if no file can be', async () => {
  const site = server();
  const unread = Array.from({ length: 700 }, (_, n) => ({ name: `${n}.jpg`, code: 'unread' }));
  assert.deepEqual(await send({ files: [], unread }, site), { sent: 0, taken: 0 });
  assert.equal(site.named.length, 700);
});

test('an answer with fewer paths than files is no answer', async () => {
  const site = server((files, attempt) => (attempt === 1 ? { status: 200, paths: ['/cache/0.jpg'] } : null));
  assert.deepEqual(await send({ files: pictures(3), unread: [] }, site), { sent: 3, taken: 3 });
  assert.equal(site.posts.length, 2);
});
