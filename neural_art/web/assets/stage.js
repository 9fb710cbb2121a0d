// The stage: a canvas that follows the sliders. Requests are pipelined; the newest wins, the last is always shown.
// Once the hand rests, the same picture comes again, larger and with the strokes that it then has.

const REST = 250;  // milliseconds without a movement

/**
 * `stage.push(position)` asks for a picture, unless it is the one that was asked for last; `stage.renew()` asks for that
 * one again, painted by a newer model. While `flying` requests are under way only the newest wish is kept.
 * How many may fly follows from how far away the server is: the shortest of the last round trips, less the time it took
 * to paint. A busy server is not a far one: more requests would only queue up before it.
 */
function makeStage(canvas, painted) {
  const context = canvas.getContext('2d');
  context.imageSmoothingQuality = 'high';
  let wanted = null, newest = null, flying = 0, refining = 0, sent = 0, shown = 0, failures = 0, resting = 0;
  const trips = [];  // milliseconds on the way, of the last requests
  const client = Math.random().toString(36).slice(2);  // the server paints nothing for requests that were overtaken

  async function fly() {
    const wish = wanted, number = ++sent, left = performance.now();
    const late = () => number < shown || wish.run !== current.run;
    wanted = null;
    flying++;
    try {
      const answer = await call('paint', { ...wish, client, number });
      if (answer.stale) return;
      trips.push(performance.now() - left - answer.took);
      if (trips.length > 40) trips.shift();
      failures = 0;
      if (!await draw(answer, wish.position, number, late)) return;
      canvas.dataset.number = number;
      if (number === sent && !wanted) resting = setTimeout(refine, REST, wish);
    } catch (trouble) {
      if (trouble instanceof Refused) { if (number > shown) message(trouble.message); }
      else if (!wanted && number === sent && failures++ < 30) { await pause(1000); if (!wanted && number === sent) wanted = wish; }
    } finally { flying--; pump(); }
  }

  /** What is shown, with the enlarger's strokes, unless something moves meanwhile. Without an answer it stays as it is. */
  async function refine(wish) {
    const number = ++sent, late = () => number !== sent || wish.run !== current.run;
    refining++;
    try { await draw(await call('paint', { ...wish, client, number, fine: true }), wish.position, number, late); } catch { /* shown already, if less finely */ }
    finally { refining--; }
  }

  /** Draws an answer's picture, if it is not `late` by then; tells whether it was drawn. */
  async function draw(answer, position, number, late) {
    if (answer.stale) return false;
    const image = new Image();
    image.src = answer.picture;
    await image.decode();
    if (late()) return false;
    shown = number;
    if (canvas.width !== image.naturalWidth || canvas.height !== image.naturalHeight) { canvas.width = image.naturalWidth; canvas.height = image.naturalHeight; }
    context.drawImage(image, 0, 0);
    canvas.dataset.shown = position.amounts.join();
    canvas.dataset.fine = answer.fine ? 'yes' : 'no';
    painted(answer, position);
    return true;
  }

  function pump() {
    while (wanted && flying < clamp(Math.ceil(Math.min(...trips, 100) / 20), 1, 8)) fly();
  }

  return {
    push(position) {
      if (newest && newest.run === current.run && same(newest.position, position)) return;
      clearTimeout(resting);
      newest = wanted = { run: current.run, position: structuredClone(position) };
      pump();
    },
    renew() { if (newest && !flying && !refining) refine(newest); },
    clear() { clearTimeout(resting); wanted = newest = null; shown = ++sent; context.clearRect(0, 0, canvas.width, canvas.height); },
  };
}
