// An upload in several requests, so that a lost one costs little and a proxy refuses none as too large.

const sizeOf = (file) => file.size;

/**
 * `files` in order, in batches of at most `most` files and `bytes` bytes; a file that alone is larger has a batch of
 * its own. `size` tells the bytes of an entry that is not a File itself.
 */
export function batches(files, { files: most = 40, bytes = 24 << 20, size = sizeOf } = {}) {
  const made = [];
  let taken = 0;
  for (const file of files) {
    const last = made.at(-1);
    if (last && last.length < most && taken + size(file) <= bytes) {
      last.push(file);
      taken += size(file);
    } else {
      made.push([file]);
      taken = size(file);
    }
  }
  return made;
}
