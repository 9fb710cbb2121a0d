// Runs before Gradio does: requests that are tried again, the language, the theme, and what the page's events call.
import { persistent } from '#page/connection';
import { askEarly } from '#page/early';
import { watchFrame } from '#page/frame';
import { message, state } from '#page/messages';
import { get, linkTo, set } from '#page/memory';
import { watchNames } from '#page/names';
import { recall } from '#page/recall';
import { say, speak } from '#page/words';

const LANGUAGES = ['en', 'zh'];
const PATIENCE = 5;  // tries, in a second and a half, before the person is told

let away = false;
window.fetch = persistent(window.fetch.bind(window), {
  away: (attempt) => { if (attempt === PATIENCE && !away) { away = true; state(say('server.away')); } },
  back: () => { if (away) { away = false; state(null); message(say('server.back')); } },
  wait: (milliseconds) => new Promise((done) => { setTimeout(done, milliseconds); }),
  number: () => crypto.getRandomValues(new Uint32Array(3)).join('-'),
});

const session = recall(LANGUAGES);
speak(session.language);
if (askEarly(session, window.gradio_config?.components)) import('#component/stage');
if (session.language !== 'en') {  // the labels come in English and are put into the language by the first answer
  document.documentElement.classList.add('unspoken');
  setTimeout(() => document.documentElement.classList.remove('unspoken'), 4000);
}

function turnTheme() {
  const dark = !document.body.classList.contains('dark');
  document.body.classList.toggle('dark', dark);
  set('theme', dark ? 'dark' : 'light');
}

/** Called when Gradio has built the page: what it set by itself is set as the person had it. */
function begin() {
  const theme = get('theme');
  if (theme && !new URLSearchParams(location.search).has('__theme')) {
    document.body.classList.toggle('dark', theme === 'dark');
  }
  watchFrame();
  watchNames(document.body);
  return session;
}

// a picture dropped beside the zone must not replace the page
for (const event of ['dragover', 'drop']) window.addEventListener(event, (each) => each.preventDefault());

async function copyLink() {
  const link = linkTo(recall(LANGUAGES).run, location.href);
  try {
    await navigator.clipboard.writeText(link);
    message(say('link.copied'));
  } catch {  // without https, or in a frame that may not, a page cannot write to the clipboard
    message(`${say('link.copy')} ${link}`);
  }
}

let here = null;

/** A step that was not shown before is looked at from its top. */
function arrive(step) {
  if (here !== null && here !== step) {
    if (document.documentElement.classList.contains('framed')) document.querySelector('#head').scrollIntoView();
    else window.scrollTo({ top: 0 });
  }
  here = step;
}

/** What events of stock components call, by `js=`. */
window.page = {
  arrive,
  begin,
  copyLink,
  turnTheme,
};
