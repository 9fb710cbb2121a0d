// Files on their way to the server: found, sorted out, read, sent in batches, and sent again until they have arrived.
// Nothing is lost without a word: what cannot be read or sent goes to the server by its name, with a code for the
// reason (`neural_art.runs.unread`), and stands in the report.
import { batches } from '#page/batches';

const PICTURE = /\.(jpe?g|jfif|png|webp|bmp|tiff?|gif|hei[cf]|avif|zip)$/i;
const IGNORED = /(^|\/)(\.[^/]*|__MACOSX|Thumbs\.db|ehthumbs\.db|desktop\.ini|Icon\r|@eaDir)(\/|$)/i;
const SUFFIX = /\.[A-Za-z0-9]{1,5}$/;
const HEAD = { of: 5 << 20, bytes: 64 << 10 };  // of a large file that is no picture, its first bytes tell what it is
const IN_MEMORY = 64 << 20;  // a larger file is read once in slices, to see that it can be
const SLICE = 8 << 20;
const TRIES = 4;
const NAMES = 500;  // in one request

const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
const sizeOf = ({ body }) => body.size;

/** The server did not answer, or not as it should. */
export class Unanswered extends Error {}

/** The person gave up. */
class GivenUp extends Error {}

// ---- found

/** What was dropped, as it must be taken before anything is waited for: entries, and files where there are none. */
export function dropped({ items = [], files = [] }) {
  const entries = [...items].filter((item) => item.kind === 'file')
    .map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  return entries.length ? { entries } : { found: [...files].map((file) => ({ file, name: file.name })) };
}

/** The files below `entries`, folders walked to their ends, as `{found: [{file, name}], unread: [{name, code}]}`. */
export async function walk(entries) {
  const found = [], unread = [];
  const visit = async (entry, path) => {
    const name = path + entry.name;
    if (IGNORED.test(entry.name)) return;
    try {
      if (entry.isFile) {
        found.push({ file: await new Promise((done, failed) => { entry.file(done, failed); }), name });
        return;
      }
      const reader = entry.createReader();
      for (let round = 0; ; round++) {
        const some = await new Promise((done, failed) => { reader.readEntries(done, failed); });
        if (!some.length && round === 0) unread.push({ name, code: 'folder-empty' });
        if (!some.length) break;  // a reader gives some 100 entries at a time
        for (const inner of some) await visit(inner, `${name}/`);
      }
    } catch {
      unread.push({ name, code: entry.isFile ? 'unread' : 'folder-unread' });
    }
  };
  for (const entry of entries) await visit(entry, '');
  return { found, unread };
}

// ---- sorted out

/**
 * What of `found` is sent, as `{files: [{name, body}], unread, refusal}`. `limits`:
 * `{file_bytes, total_bytes, entries}` of the server. `refusal` is null or `{key, values}`, a sentence for a selection
 * that cannot be uploaded as a whole.
 */
export function sift({ found, unread = [] }, limits) {
  const files = [], left = [...unread];
  for (const { file, name } of found) {
    const picture = PICTURE.test(name);
    if (IGNORED.test(name) || (!picture && file.size === 0)) continue;
    if (picture && file.size > limits.file_bytes) left.push({ name, code: 'too-large', bytes: file.size });
    else files.push({ name, body: picture || file.size <= HEAD.of ? file : file.slice(0, HEAD.bytes) });
  }
  const total = sum(files.map(sizeOf)), megabytes = (bytes) => Math.round(bytes / (1 << 20));
  let refusal = null;
  if (!files.length && !left.length) {
    refusal = { key: 'data.nothing', values: {} };
  } else if (files.length > limits.entries) {
    refusal = { key: 'data.crowd', values: { n: files.length, most: limits.entries } };
  } else if (total > limits.total_bytes) {
    refusal = { key: 'data.heavy', values: { size: megabytes(total), most: megabytes(limits.total_bytes) } };
  }
  return { files, unread: left, refusal };
}

/** What a new run is called after: the folder, or the only file; empty if there is neither. */
export function titleOf(names) {
  const [first = ''] = names;
  if (first.includes('/')) return first.split('/')[0];
  return names.length === 1 ? first.replace(SUFFIX, '') : '';
}

// ---- sent

/** The batch with its files in memory, where nothing can change them, and the names of those that cannot be read. */
async function read(batch) {
  const readable = [], changed = [];
  for (const { name, body } of batch) {
    try {
      if (body.size <= IN_MEMORY) {
        readable.push({ name, body: new Blob([await body.arrayBuffer()]) });
      } else {
        for (let at = 0; at < body.size; at += SLICE) await body.slice(at, at + SLICE).arrayBuffer();
        readable.push({ name, body });
      }
    } catch {
      changed.push({ name, code: 'changed' });
    }
  }
  return { readable, changed };
}

/**
 * Sends `files` and the names in `unread`. Resolves to `{sent, taken}`, how many files were sent and how many the
 * server has; to null if it was given up.
 *
 * `post(files, progress)` uploads `[{name, body}]` and resolves to `{status, paths}`, or throws.
 * `take({files, unread})` hands `[{path, name}]` over and resolves to `{taken}`, or throws what the server refused.
 * `tell({bytes, total, name})` hears how it goes. `ask(trouble)` is called after several failures; it resolves to
 * whether to go on. `again(trouble)` says whether a refusal is one that sending the batch again may mend.
 * `wait(milliseconds)` is a promise.
 */
export async function send({ files, unread }, { post, take, tell, ask, again, wait }) {
  const total = sum(files.map(sizeOf)), left = [...unread];
  let waiting = batches(files, { size: sizeOf }), gone = 0, sent = 0, taken = 0;

  /** What the server answered when it took the batch; null if the batch is too large for something on the way. */
  async function deliver(batch) {
    for (let attempt = 1; ; attempt++) {
      let trouble, refused;
      try {
        const progress = (bytes) => tell({ bytes: gone + bytes, total, name: batch[0].name });
        const { status, paths } = await post(batch, progress);
        if (status === 413) return null;
        if (status !== 200 || paths?.length !== batch.length) throw new Unanswered(String(status));
        return await take({ files: paths.map((path, index) => ({ path, name: batch[index].name })), unread: [] });
      } catch (error) {
        trouble = error;
        refused = !again(error);
      }
      if (!refused && attempt % TRIES) await wait(1000 * 2 ** ((attempt % TRIES) - 1));
      else if (!(await ask(trouble))) throw new GivenUp();
    }
  }

  try {
    while (waiting.length) {
      const batch = waiting.shift(), size = sum(batch.map(sizeOf));
      const { readable, changed } = await read(batch);
      left.push(...changed);
      tell({ bytes: gone, total, name: batch[0].name });
      const answer = readable.length ? await deliver(readable) : { taken: 0 };
      if (answer === null && readable.length > 1) {  // a proxy has a limit: from here on in smaller batches
        const bytes = sum(readable.map(sizeOf));
        waiting = batches([...readable, ...waiting.flat()], {
          size: sizeOf, bytes: Math.floor(bytes / 2), files: Math.ceil(readable.length / 2),
        });
        gone += size - bytes;
        continue;
      }
      if (answer === null) left.push({ name: readable[0].name, code: 'proxy-limit', bytes: readable[0].body.size });
      else { sent += readable.length; taken += answer.taken; }
      gone += size;
      tell({ bytes: gone, total, name: batch[0].name, taken });
    }
    while (left.length) {
      await named(left.splice(0, NAMES));
    }
  } catch (trouble) {
    if (trouble instanceof GivenUp) return null;
    throw trouble;
  }
  return { sent, taken };

  async function named(names) {
    for (;;) {
      try { return await take({ files: [], unread: names }); }
      catch (trouble) { if (!(await ask(trouble))) throw new GivenUp(); }
    }
  }
}

/** The name that a file has on the server's disk until it is taken; its own is anybody's. */
export const nameOnDisk = (token, index, name) => `${token}-${index}${(name.match(SUFFIX) || [''])[0]}`;
