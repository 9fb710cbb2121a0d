// What the clock of a training shows.

/** 83 seconds are "1:23", 3,725 are "1:02:05". */
export function clock(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  const hours = Math.floor(whole / 3600), minutes = Math.floor((whole % 3600) / 60);
  const rest = String(whole % 60).padStart(2, '0');
  return hours ? `${hours}:${String(minutes).padStart(2, '0')}:${rest}` : `${minutes}:${rest}`;
}

/**
 * The large figures, and the key of the words beside them. `state`: a run's, or 'ending' while it is saved; `begun`:
 * whether it has learned anything yet; `place`: in the queue, null where nobody knows; `loan`: whether it waits for a
 * graphics card that is lent.
 */
export function faceOf({ state, begun, seconds, left, place, loan }) {
  switch (state) {
    case 'finished': return [clock(seconds), 'clock.took'];
    case 'failed': return [clock(seconds), 'clock.failed'];
    case 'waiting':
      if (loan) return ['…', 'clock.loan'];
      return place ? [`${place}.`, 'clock.place'] : ['…', 'clock.waiting'];
    case 'paused': return begun ? [clock(left), 'clock.paused'] : ['0:00', 'clock.paused.early'];
    case 'ending': return begun ? [clock(left), 'clock.ending'] : ['…', 'clock.ending.early'];
    default: return begun ? [clock(left), 'clock.left'] : ['…', 'clock.warming'];
  }
}
