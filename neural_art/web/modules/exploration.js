// Where the person is in the latent space of which run: one for the page, which its components share.
import { History, same } from '#page/history';
import * as memory from '#page/memory';
import { fresh, level, withCurrentNames } from '#page/position';

const KEPT_STEPS = 80;
const NOTHING = { names: [], classes: [], favourites: [], directions: 0 };

/**
 * Listeners get what changed: 'opened' (another run), 'known' (what its model offers), 'moved' (a slider, under way),
 * 'settled' (a step that undo returns to), 'kept' (favourites),
 * 'class' (that new pictures are of).
 */
export class Exploration {
  #listeners = new Set();
  #memory;
  #history = new History();
  run = '';
  turn = 0;  // counts the runs that were opened: what was asked for before is late
  limits = { count: 8, truncation: 0.7 };
  info = NOTHING;
  at = null;
  classIndex = null;

  constructor(remembered) { this.#memory = remembered; }

  listen(listener) { this.#listeners.add(listener); }

  #tell(what) { for (const listener of this.#listeners) listener(what); }

  /** Goes to a run, where this browser was last. Nothing of the former run is left. */
  open(run, limits) {
    if (run !== this.run) this.#recall(run, limits);
    this.turn++;
    this.#tell('opened');
  }

  #recall(run, limits) {
    Object.assign(this, { run, limits, info: NOTHING, classIndex: null });
    const kept = this.#memory.get(`run/${run}`, {});
    const renamed = (some) => (Array.isArray(some) ? some : [])
      .filter((each) => each && typeof each === 'object')
      .map((each) => withCurrentNames(each, limits));
    this.#history = new History(KEPT_STEPS, { past: renamed(kept?.past), future: renamed(kept?.future) });
    if (!this.#history.current) this.#history.commit(fresh(limits));
    this.at = this.#history.current;
    this.#remember();
  }

  /** What the run's model offers: names of its paintings, classes, favourites, how many directions. */
  learn(info) {
    this.info = { ...NOTHING, ...info };
    this.#tell('known');
  }

  /** The visit goes on with `run`, which was made of the one that is open. */
  continueAs(run) {
    this.#memory.forget(`run/${this.run}`);
    this.run = run;
    this.#remember();
  }

  close() {
    Object.assign(this, { run: '', info: NOTHING, at: null });
    this.turn++;
    this.#tell('opened');
  }

  // ---- the position

  /** A slider is at `value`: 'truncation', 'morph' or a direction by its number from 0. */
  move(slider, value) {
    if (slider === 'truncation') this.at.truncation = value;
    else if (slider === 'morph') { if (this.at.origin === 'morph') this.at.t = value; }
    else this.at.amounts[slider] = value;
    this.#tell('moved');
  }

  /** What the sliders show becomes a step that undo returns to. */
  commit() {
    this.#history.commit(this.at);
    this.#settle();
  }

  go(position) { this.at = structuredClone(position); this.commit(); }

  undo() { if (this.canUndo) { this.at = this.#history.undo(); this.#settle(); } }

  redo() { if (this.canRedo) { this.at = this.#history.redo(); this.#settle(); } }

  reset() { this.go({ ...this.at, amounts: level(this.limits.count), truncation: this.limits.truncation }); }

  fresh() { this.go(fresh(this.limits, this.classIndex)); }

  /** New pictures are of this class from now on; null is of any. */
  ofClass(index) {
    this.classIndex = index;
    this.fresh();
    this.#tell('class');
  }

  /** New pictures as daring as the one that is shown. */
  some(count) {
    return Array.from({ length: count }, () => ({
      ...fresh(this.limits, this.classIndex), truncation: this.at.truncation,
    }));
  }

  /** Starts from one of the paintings. */
  start(index) { this.go({ ...this.at, origin: 'painting', a: index, amounts: level(this.limits.count) }); }

  /** Puts a painting at one end, 'a' or 'b', of the way from one to another. */
  morph(side, index) {
    const t = this.at.origin === 'morph' ? this.at.t : Number(side === 'b');
    this.go({ ...this.at, origin: 'morph', t, [side]: index });
  }

  get canUndo() { return this.#history.canUndo; }

  get canRedo() { return this.#history.canRedo; }

  // ---- favourites

  get isKept() { return this.info.favourites.some((each) => same(each, this.at)); }

  keep(favourites) {
    this.info.favourites = favourites;
    this.#tell('kept');
  }

  #settle() {
    this.#remember();
    this.#tell('settled');
  }

  #remember() { this.#memory.set(`run/${this.run}`, this.#history.toJSON()); }
}

export const exploration = new Exploration(memory);
