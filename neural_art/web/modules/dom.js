// Elements. Text only ever goes in as text, so a file's name cannot become markup.

const SVG = /^(svg|path|line|rect|circle|g)$/;

/** An element with attributes and children; null, undefined and false are left out. */
export function make(tag, attributes = {}, ...children) {
  const made = SVG.test(tag)
    ? document.createElementNS('http://www.w3.org/2000/svg', tag)
    : document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    made.setAttribute(key, value === true ? '' : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

/** Shows or hides an element, and gives it back. */
export function show(target, visible) {
  target.hidden = !visible;
  return target;
}

export const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
export const pause = (milliseconds) => new Promise((done) => { setTimeout(done, milliseconds); });
