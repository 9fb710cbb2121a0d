// Says sentences to the person. What is said before the component that shows them is there waits for it.

const waiting = [];
let show = (...details) => waiting.push(details);
let standing = null, stand = () => {};

/** The component that shows sentences: `shows(text, quiet)`, and `stands(text)` one that stays, or null for none. */
export function listen(shows, stands = () => {}) {
  show = shows;
  stand = stands;
  for (const details of waiting.splice(0)) show(...details);
  if (standing !== null) stand(standing);
}

/** A box on the page, read out by a screen reader. */
export const message = (text) => show(text, false);

/** For a screen reader only. */
export const announce = (text) => show(text, true);

/** A box that stays as long as this is the case; null once it no longer is. */
export function state(text) {
  standing = text;
  stand(text);
}
