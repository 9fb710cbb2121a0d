// The page's words in the language that is chosen. Both catalogues come from Python, in #page/catalogue.
import catalogue from '#page/catalogue';

const listeners = new Set();
let language = 'en';

/** The language that the page speaks, 'en' or 'zh'. */
export const spoken = () => language;

/** Speaks another language; whoever asked to be told is. */
export function speak(chosen) {
  if (!(chosen in catalogue)) return;
  const changed = chosen !== language;
  language = chosen;
  if (globalThis.document) {
    document.documentElement.lang = chosen === 'zh' ? 'zh-CN' : chosen;
    document.title = say('title');
  }
  if (changed) for (const listener of [...listeners]) listener();
}

/** Calls `listener` after each change of language. */
export const whenSpoken = (listener) => listeners.add(listener);

/** The sentence for a key; {name} is filled from `values`, numbers in the language's own way. */
export function say(key, values = {}) {
  const words = catalogue[language], one = Number(values.n) === 1 && words[`${key}.one`];
  const sentence = one || words[key] || key;
  return sentence.replace(/\{(\w+)\}/g, (whole, name) => {
    const value = values[name];
    if (value === undefined) return whole;
    return typeof value === 'number' ? value.toLocaleString(language) : String(value);
  });
}
