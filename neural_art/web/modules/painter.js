// Pictures for a position that keeps changing: several requests under way, the newest wins, the last is always shown.
// Once the hand rests, the same picture comes again, larger and with the enlarger's strokes.
import { Pacing } from '#page/pacing';
import { same } from '#page/history';

export const REST = 250;  // milliseconds without a movement

/**
 * `ask(request)` is a promise of an answer `{picture, version, fine, took}`, or `{stale}` where the server had a newer
 * request of this client. `show(answer, wish, late)` shows its picture unless `late()` by then, and tells whether it
 * did. `refused(trouble)` is told why there is no picture.
 */
export class Painter {
  #ask; #show; #refused; #after; #cancel; #now;
  #pacing = new Pacing();
  #client;
  #wanted = null; #newest = null;
  #flying = 0; #refining = 0;
  #sent = 0; #shown = 0; #resting = null;

  constructor({
    ask, show, refused, client,
    now = () => performance.now(), after = (act, ms) => setTimeout(act, ms), cancel = (id) => clearTimeout(id),
  }) {
    this.#ask = ask; this.#show = show; this.#refused = refused; this.#client = client;
    this.#now = now; this.#after = after; this.#cancel = cancel;
  }

  /** Whether a picture is being waited for, or the hand moved just now. */
  get busy() { return Boolean(this.#flying || this.#wanted || this.#resting); }

  /** Asks for the picture of `wish`, `{run, position}`, unless it is the one that was asked for last. */
  push(wish) {
    if (same(this.#newest, wish)) return;
    this.#rest(null);
    this.#newest = this.#wanted = structuredClone(wish);
    this.#pump();
  }

  /** Asks for the last picture again, painted by a newer model. */
  renew() {
    if (this.#newest && !this.busy && !this.#refining) this.#refine(this.#newest);
  }

  /** Forgets everything: answers that are still on their way are not shown. */
  clear() {
    this.#rest(null);
    this.#wanted = this.#newest = null;
    this.#shown = ++this.#sent;
  }

  #rest(wish) {
    if (this.#resting) this.#cancel(this.#resting);
    this.#resting = wish && this.#after(() => { this.#resting = null; this.#refine(wish); }, REST);
  }

  #pump() {
    while (this.#wanted && this.#flying < this.#pacing.allowed) this.#fly();
  }

  async #fly() {
    const wish = this.#wanted, number = ++this.#sent, left = this.#now();
    const late = () => number < this.#shown;
    this.#wanted = null;
    this.#flying++;
    try {
      const answer = await this.#ask({ ...wish, client: this.#client, number });
      if (!answer.stale) {
        this.#pacing.note(this.#now() - left, answer.took);
        this.#draw(answer, wish, number, late).catch(this.#refused);  // while it is decoded the next one may leave
      }
      if (number === this.#sent && !this.#wanted) this.#rest(wish);
    } catch (trouble) {
      if (!late()) this.#refused(trouble);
    } finally {
      this.#flying--;
      this.#pump();
    }
  }

  /** The picture with the enlarger's strokes, unless something moves meanwhile. Without an answer it stays as it is. */
  async #refine(wish) {
    const number = ++this.#sent, late = () => number !== this.#sent;
    this.#refining++;
    try {
      const answer = await this.#ask({ ...wish, fine: true, client: this.#client, number });
      if (!answer.stale) await this.#draw(answer, wish, number, late);
    } catch { /* shown already, if less finely */ } finally {
      this.#refining--;
    }
  }

  async #draw(answer, wish, number, late) {
    if (late()) return;
    const shown = () => {  // asked once more where it is drawn
      if (late()) return true;
      this.#shown = number;
      return false;
    };
    await this.#show(answer, { ...wish, number }, shown);
  }
}
