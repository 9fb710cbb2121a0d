// What this browser remembers, and links to runs.

const PREFIX = 'neural_art/';

// Texts that localStorage would not take: in a private window, or in another site's frame, where even naming it throws.
const ours = new Map();

/** What was last set under `key`; `otherwise` if there is nothing, or nothing that can be read. */
export function get(key, otherwise = null) {
  const text = ours.get(key) ?? stored(key);
  if (text === null) return otherwise;
  try {
    return JSON.parse(text);
  } catch {
    return otherwise; // not ours, or damaged
  }
}

/** Remembers a plain JSON `value`. False if only until the page is left, since the browser stores nothing more. */
export function set(key, value) {
  const text = JSON.stringify(value);
  try {
    localStorage.setItem(PREFIX + key, text);
    ours.delete(key);
    return true;
  } catch {
    ours.set(key, text);
    return false;
  }
}

export function forget(key) {
  ours.delete(key);
  try {
    localStorage.removeItem(PREFIX + key);
  } catch {
    // refused, so it holds nothing of ours
  }
}

function stored(key) {
  try {
    return localStorage.getItem(PREFIX + key);
  } catch {
    return null;
  }
}

/** The address `href` with `run` and nothing else: the parameters of a Space hold tokens that are nobody else's. */
export function linkTo(run, href) {
  const link = new URL(href);
  link.search = '';
  link.hash = '';
  link.searchParams.set('run', run);
  return link.href;
}

/** The run that an address names, or null. */
export function runOf(href) {
  return new URL(href).searchParams.get('run') || null;
}
