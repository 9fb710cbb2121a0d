// Positions in the latent space, as plain values. The server's `neural_art.explore.position` checks them.

/** Sliders' amounts, all at zero. */
export const level = (count) => Array(count).fill(0);

/** A new random picture; `classIndex` null is of any class. */
export function fresh({ count, truncation }, classIndex = null, seed = crypto.getRandomValues(new Uint32Array(1))[0]) {
  return { origin: 'seed', seed, a: 0, b: 0, t: 0, amounts: level(count), truncation, class_index: classIndex };
}

/** A position of version 0.1, as a browser may remember it, under today's names and with an amount for each slider. */
export function withCurrentNames({ daring, group, truncation, class_index: classIndex, ...rest }, limits) {
  return {
    ...fresh(limits, null, 0), ...rest,
    amounts: level(limits.count).map((zero, index) => rest.amounts?.[index] ?? zero),
    truncation: truncation ?? daring ?? limits.truncation,
    class_index: classIndex ?? group ?? null,
  };
}

/** The same position with another amount on one slider. */
export function moved(position, index, amount) {
  const amounts = [...position.amounts];
  amounts[index] = amount;
  return { ...position, amounts };
}
