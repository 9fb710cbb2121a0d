// Undo and redo.

/** Whether two plain JSON values are equal, whatever the order of their keys. */
export function same(one, other) {
  if (one === other) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const keys = Object.keys(one);
  return keys.length === Object.keys(other).length && keys.every((key) => same(one[key], other[key]));
}

/**
 * The positions (plain JSON) that a person went through. `past` ends with the current one; `future` holds those that
 * were undone, the next to redo last. Positions are copied on their way in and out, so a slider may change its own.
 */
export class History {
  #limit;
  #past;
  #future;

  /** Keeps at most `limit` positions, the current one included. `kept`: what `toJSON` gave, or anything else. */
  constructor(limit = 80, kept = {}) {
    const listed = (some) => (Array.isArray(some) ? structuredClone(some.slice(-limit)) : []);
    this.#limit = limit;
    this.#past = listed(kept?.past);
    this.#future = listed(kept?.future);
  }

  /** Where the person is; null before the first step. */
  get current() { return this.#past.length ? structuredClone(this.#past.at(-1)) : null; }

  get canUndo() { return this.#past.length > 1; }

  get canRedo() { return this.#future.length > 0; }

  /** Makes `position` the current one and forgets what was undone. False, and nothing changes, if it is already. */
  commit(position) {
    if (this.#past.length && same(position, this.#past.at(-1))) return false;
    this.#past.push(structuredClone(position));
    if (this.#past.length > this.#limit) this.#past.shift();
    this.#future = [];
    return true;
  }

  /** Goes back a step, where there is one. Returns the current position. */
  undo() {
    if (this.canUndo) this.#future.push(this.#past.pop());
    return this.current;
  }

  /** Takes back an undo, where there is one. Returns the current position. */
  redo() {
    if (this.canRedo) this.#past.push(this.#future.pop());
    return this.current;
  }

  toJSON() { return structuredClone({ past: this.#past, future: this.#future }); }
}
