// What this browser remembers of a visit: read when the page opens, written after each change. A Space shows the page
// in a frame, whose address the outer page gives back after a reload only if it is told of it.
import { forget, get, runOf, set } from '#page/memory';
import { speak } from '#page/words';

const MOST_RUNS = 200;

/** The language of the browser's choice among `known`, or the first of them. */
export function firstLanguage(known, tags) {
  for (const tag of tags) {
    const language = tag.slice(0, 2).toLowerCase();
    if (known.includes(language)) return language;
  }
  return known[0];
}

/** The session as it was left: the run in the address goes before the one that was open last. */
export function recall(known) {
  const language = get('language');
  const runs = get('runs', []);
  const step = get('step');
  const run = runOf(location.href) || get('run') || '';
  return {
    run,
    runs: Array.isArray(runs) ? runs.filter((id) => typeof id === 'string').slice(0, MOST_RUNS) : [],
    language: known.includes(language)
      ? language
      : firstLanguage(known, navigator.languages || [navigator.language || 'en']),
    step: step && step.run === run ? step.step : '',
  };
}

/** Keeps what the session is now: in the browser's storage, in the address, in the page's language. */
export function remember(session) {
  if (!session) return;
  set('runs', session.runs);
  set('language', session.language);
  if (session.run) set('run', session.run); else forget('run');
  set('step', { run: session.run, step: session.step });
  const url = new URL(location.href);
  if (session.run) url.searchParams.set('run', session.run); else url.searchParams.delete('run');
  if (url.href !== location.href) {
    window.history.replaceState(window.history.state, '', url);
    if (window.parent !== window) window.parent.postMessage({ queryString: url.search }, '*');
  }
  speak(session.language);
  document.documentElement.classList.remove('unspoken');
  document.documentElement.dataset.ready = 'yes';
}
