// The stage: a canvas that follows the sliders. Requests are pipelined; the newest wins, the last is always shown.

/**
 * `stage.push(position)` asks for a picture. While `flying` requests are under way only the newest wish is kept.
 * How many may fly follows from how far away the server is: the shortest of the last round trips, less the time it took
 * to paint. A busy server is not a far one: more requests would only queue up before it.
 */
function makeStage(canvas, painted) {
  const context = canvas.getContext('2d');
  context.imageSmoothingQuality = 'high';
  let wanted = null, flying = 0, sent = 0, shown = 0, failures = 0;
  const trips = [];  // milliseconds on the way, of the last requests

  async function fly() {
    const { position, run } = wanted, number = ++sent, left = performance.now();
    wanted = null;
    flying++;
    try {
      const answer = await call('paint', { run, position });
      trips.push(performance.now() - left - answer.took);
      if (trips.length > 40) trips.shift();
      failures = 0;
      if (number < shown || run !== current.run) return;
      const image = new Image();
      image.src = answer.picture;
      await image.decode();
      if (number < shown || run !== current.run) return;
      shown = number;
      if (canvas.width !== image.naturalWidth || canvas.height !== image.naturalHeight) { canvas.width = image.naturalWidth; canvas.height = image.naturalHeight; }
      context.drawImage(image, 0, 0);
      canvas.dataset.shown = position.amounts.join();
      canvas.dataset.number = number;
      painted(answer, position);
    } catch (trouble) {
      if (trouble instanceof Refused) { if (number > shown) message(trouble.message); }
      else if (!wanted && number === sent && failures++ < 30) { await pause(1000); if (!wanted && number === sent) wanted = { position, run }; }
    } finally { flying--; pump(); }
  }

  function pump() {
    while (wanted && flying < clamp(Math.ceil(Math.min(...trips, 100) / 20), 1, 8)) fly();
  }

  return {
    push(position) { wanted = { position: structuredClone(position), run: current.run }; pump(); },
    clear() { wanted = null; shown = sent; context.clearRect(0, 0, canvas.width, canvas.height); },
  };
}
