// The stage: a canvas that follows the sliders. Requests are pipelined; the newest wins, the last is always shown.

/**
 * `stage.push(position)` asks for a picture. While `flying` requests are under way only the newest wish is kept.
 * How many may fly follows from the measured time of a round trip, so that a far server keeps up as well.
 */
function makeStage(canvas, painted) {
  const context = canvas.getContext('2d');
  context.imageSmoothingQuality = 'high';
  let wanted = null, flying = 0, sent = 0, shown = 0, trip = 60, failures = 0;

  async function fly() {
    const { position, run } = wanted, number = ++sent, left = performance.now();
    wanted = null;
    flying++;
    try {
      const answer = await call('paint', { run, position });
      trip += 0.2 * (performance.now() - left - trip);
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
    while (wanted && flying < clamp(Math.ceil(trip * 0.03), 2, 8)) fly();
  }

  return {
    push(position) { wanted = { position: structuredClone(position), run: current.run }; pump(); },
    clear() { wanted = null; shown = sent; context.clearRect(0, 0, canvas.width, canvas.height); },
  };
}
