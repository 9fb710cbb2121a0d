// Every request of the page to its server gets an answer: one that fails on the way is sent again until it arrives.
// Gradio drops a failed call of a component in silence, and reloads the page after a failed event; neither must happen
// to what a person asked for. A repeated request carries the same number, so that the server does it once only
// (`neural_art.web.repeats`). While the server is away, one sentence says so.

const OURS = /\/gradio_api\/(run\/|component_server|upload\b)/;
const AWAY = new Set([502, 503, 504]);  // what a proxy answers for a server that is away
const FIRST = 100, LONGEST = 8000;  // milliseconds between two tries
export const NUMBER = 'x-request-number';

/** Whether a request to this address is one that is tried again. */
export const isOurs = (address) => OURS.test(address);

/**
 * `fetch`, trying again. `away(attempt)` is told of each failure, `back()` of the first answer after some.
 * `wait(milliseconds)` is a promise, `number()` a new number for a request. As soon as one request is answered, all
 * others that wait are tried again.
 */
export function persistent(fetch, { away, back, wait, number }) {
  let failing = 0, wake = () => {}, answered = new Promise((done) => { wake = done; });
  const rouse = () => {
    wake();
    answered = new Promise((done) => { wake = done; });
  };
  return async (resource, options = {}) => {
    const address = String(resource?.url ?? resource);
    if (!isOurs(address) || resource?.url) return fetch(resource, options);
    const headers = new Headers(options.headers);
    headers.set(NUMBER, number());
    for (let attempt = 1; ; attempt++) {
      try {
        const answer = await fetch(resource, { ...options, headers });
        if (!AWAY.has(answer.status)) {
          if (attempt > 1 && --failing === 0) back();
          if (failing) rouse();
          return answer;
        }
      } catch (trouble) {
        if (options.signal?.aborted) throw trouble;
      }
      if (attempt === 1) failing++;
      away(attempt);
      await Promise.race([wait(Math.min(LONGEST, FIRST * 2 ** (attempt - 1))), answered]);
    }
  };
}
