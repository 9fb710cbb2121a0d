// How many requests for pictures may be under way at once.

const REMEMBERED = 40;
const UNKNOWN = 100; // milliseconds: assumed before the first answer
const APART = 20; // milliseconds between two requests that follow each other
const MOST = 8;

/**
 * How many requests may be under way, by how far away the server is: enough that one leaves every 20 ms while others
 * travel, since a hand on a slider should not wait for the network.
 *
 * The distance is the shortest of the last round trips, each less the time that the server says it was at work on it. A
 * busy server is not a far one: what waits there for a processor makes *some* round trips longer, not the shortest, and
 * more requests would only wait there, too, and make every picture older when it arrives.
 */
export class Pacing {
  #travels = [];

  /** An answer came `roundTripMs` after its request; `servedMs` of these the server was at work on it. */
  note(roundTripMs, servedMs) {
    const travel = roundTripMs - servedMs;
    if (!Number.isFinite(travel)) return;
    this.#travels.push(travel);
    if (this.#travels.length > REMEMBERED) this.#travels.shift();
  }

  /** 1 to 8. */
  get allowed() {
    const distance = this.#travels.length ? Math.min(...this.#travels) : UNKNOWN;
    return Math.min(MOST, Math.max(1, Math.ceil(distance / APART)));
  }
}
