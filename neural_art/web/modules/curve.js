// Where everything is in the picture of a curve: across from 0 to WIDTH, down from 0 to HEIGHT.
import { nice, smoothed } from '#page/smoothing';

export const WIDTH = 300, HEIGHT = 72;
const FEWEST = 3, PART = 14; // a smoothed value is the mean of a fourteenth of the curve around it

/** The value below which a share of `values` lies. */
export function quantile(values, share) {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  return sorted[Math.round(share * (sorted.length - 1))];
}

/** Index ranges [from, to) of the trainings that followed each other; one was continued at `borders` (seconds). */
export function sections(seconds, borders) {
  const cuts = borders.map((border) => seconds.findIndex((second) => second > border)).filter((index) => index > 0);
  const edges = [0, ...new Set(cuts), seconds.length];
  return edges.slice(1).map((to, index) => [edges[index], to]);
}

/**
 * A curve to draw, or null without values. `smooth`: the smoothed values; `best`: the lowest of them;
 * `paths`: for every training its raw and its smoothed course; `borders`: where one was continued;
 * `low`, `high`: of the vertical axis, which holds `include`; `last`: the newest training, as [from, to);
 * `x(second)`, `y(value)`.
 */
export function curveOf(seconds, values, borders = [], include = []) {
  const known = values.filter(Number.isFinite);
  if (!known.length) return null;
  const parts = sections(seconds, borders);
  const around = Math.max(FEWEST, Math.round(values.length / PART));
  const smooth = parts.flatMap(([from, to]) => smoothed(values.slice(from, to), around));
  const axis = nice(
    Math.min(quantile(known, 0.02), ...smooth.filter(Number.isFinite), ...include),
    Math.max(quantile(known, 0.98), ...smooth.filter(Number.isFinite), ...include),
  );
  const first = seconds[0], span = Math.max(seconds.at(-1) - first, 1);
  const x = (second) => ((second - first) / span) * WIDTH;
  const y = (value) => HEIGHT - ((value - axis.low) / (axis.high - axis.low)) * HEIGHT;
  const course = (of, from, to) => {
    const points = [];
    for (let index = from; index < to; index++) {
      if (Number.isFinite(of[index])) points.push(`${x(seconds[index]).toFixed(1)} ${y(of[index]).toFixed(1)}`);
    }
    return points.length ? `M${points.join('L')}` : '';
  };
  return {
    smooth, x, y, low: axis.low, high: axis.high,
    best: Math.min(...smooth.filter(Number.isFinite)),
    // a part begins where the one before ended, so that there is no gap
    paths: parts.map(([from, to]) => [Math.max(0, from - 1), to])
      .map((part) => ({ raw: course(values, ...part), smooth: course(smooth, ...part) })),
    borders: borders.filter((border) => border > first && border < seconds.at(-1)).map(x),
    last: parts.at(-1),
  };
}

/** The index of the moment nearest to a share (0 to 1) of the way across. */
export function nearest(seconds, share) {
  const wanted = seconds[0] + Math.min(1, Math.max(0, share)) * (seconds.at(-1) - seconds[0]);
  let found = 0;
  for (let index = 1; index < seconds.length; index++) {
    if (Math.abs(seconds[index] - wanted) < Math.abs(seconds[found] - wanted)) found = index;
  }
  return found;
}
