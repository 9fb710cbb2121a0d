// What somebody chose for a training that was not started yet: kept in the browser for that run, until they choose
// something for another.
import { get, set } from '#page/memory';

/** The choices that were kept for `run`; none for another run. */
export function kept(run) {
  const asked = get('asked');
  return asked?.run === run ? asked.choices : {};
}

/** Keeps a choice, such as {minutes: 10}, beside the others for `run`. */
export const keep = (run, choice) => set('asked', { run, choices: { ...kept(run), ...choice } });
