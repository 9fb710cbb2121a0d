// Curves that one can read: smoothed, with a round axis, and with a word for where they are heading.

const BLOCKS = 8;
const FEWEST = 12; // values before a trend can be told

// Student's t by degrees of freedom: one level curve in a hundred is called falling, and one rising.
const CERTAIN = { 2: 6.96, 3: 4.54, 4: 3.75, 5: 3.36, 6: 3.14 };

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

/**
 * `values` averaged over the `window` values around each, at the ends over those that there are. As many as came; null
 * where a value is missing (null, NaN, infinite), and such a value takes no part in the averages of others.
 */
export function smoothed(values, window) {
  const reach = Math.floor(window / 2);
  return values.map((value, index) => {
    if (!Number.isFinite(value)) return null;
    return mean(values.slice(Math.max(0, index - reach), index + reach + 1).filter(Number.isFinite));
  });
}

/**
 * 'falling', 'level' or 'rising', from the last third of `values`; null while there are too few of them to tell.
 *
 * A straight line is laid through the means of up to eight blocks of the last third, which makes neighbours that err
 * together count once. It falls or rises if its slope stands out from the scatter of the blocks around it.
 */
export function trend(values) {
  const known = values.filter(Number.isFinite);
  if (known.length < FEWEST) return null;
  const last = known.slice(-Math.floor(known.length / 3));
  const count = Math.min(BLOCKS, last.length);
  const edge = (index) => Math.round((index * last.length) / count);
  const blocks = Array.from({ length: count }, (_, index) => mean(last.slice(edge(index), edge(index + 1))));
  const middle = (count - 1) / 2;
  const height = mean(blocks);
  const spread = blocks.reduce((sum, _, index) => sum + (index - middle) ** 2, 0);
  const slope = blocks.reduce((sum, block, index) => sum + (index - middle) * (block - height), 0) / spread;
  const scatter = blocks.reduce((sum, block, index) => sum + (block - height - slope * (index - middle)) ** 2, 0);
  const error = Math.sqrt(scatter / (count - 2) / spread);
  if (Math.abs(slope) <= CERTAIN[count - 2] * error) return 'level';
  return slope < 0 ? 'falling' : 'rising';
}

/** A range with round ends that holds `low` and `high`, as {low, high, step}; a step is 1, 2 or 5 times 10 to the n. */
export function nice(low, high) {
  if (!Number.isFinite(low) || !Number.isFinite(high)) return { low: 0, high: 1, step: 0.5 };
  const around = low === high ? (Math.abs(low) || 1) / 2 : 0;
  const bottom = Math.min(low, high) - around;
  const top = Math.max(low, high) + around;
  const rough = (top - bottom) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((each) => each * power >= rough * 0.999);
  const exact = (value) => Number(value.toPrecision(12)); // 0.3, not 0.30000000000000004
  const steps = (value, round) => exact(round(exact(value / step)) * step);
  return { low: steps(bottom, Math.floor), high: steps(top, Math.ceil), step: exact(step) };
}
