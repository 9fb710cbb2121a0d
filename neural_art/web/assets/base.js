// The ground: elements, words in two languages, calls to the server, what this browser remembers.
// All assets are joined into one function body that Gradio calls with `element`, `props` and `server`.

const root = element.querySelector('.na-page');
const words = props.words;
const setting = props.setting;

// ---- what this browser remembers; private windows may refuse, and then the page works without -------------------

const memory = {
  get(key, otherwise = null) {
    try {
      const text = localStorage.getItem('neural_art/' + key);
      return text === null ? otherwise : JSON.parse(text);
    } catch { return otherwise; }
  },
  set(key, value) { try { localStorage.setItem('neural_art/' + key, JSON.stringify(value)); } catch { /* full or refused */ } },
  forget(key) { try { localStorage.removeItem('neural_art/' + key); } catch { /* refused */ } },
};

// ---- words ------------------------------------------------------------------------------------------------------

function firstLanguage() {
  const kept = memory.get('language');
  if (kept in words) return kept;
  for (const tag of navigator.languages || [navigator.language || 'en']) {
    const language = tag.slice(0, 2).toLowerCase();
    if (language in words) return language;
  }
  return 'en';
}

let language = firstLanguage();

/** The sentence for a key in the page's language; {name} is filled from `values`, numbers in the language's own way. */
function say(key, values = {}) {
  const one = Number(values.n) === 1 && words[language][key + '.one'];
  const sentence = one || words[language][key] || key;
  return sentence.replace(/\{(\w+)\}/g, (whole, name) => {
    const value = values[name];
    if (value === undefined) return whole;
    return typeof value === 'number' ? value.toLocaleString(language) : String(value);
  });
}

/** Writes words on an element so that they follow a change of language. */
function tell(target, key, values = {}) {
  target.dataset.say = key;
  target.dataset.values = JSON.stringify(values);
  target.textContent = say(key, values);
  return target;
}

function name(target, key, values = {}) {
  target.dataset.name = key;
  target.dataset.nameValues = JSON.stringify(values);
  target.setAttribute('aria-label', say(key, values));
  if (target.matches('button, .na-range')) target.title = say(key, values);
  return target;
}

function speak(chosen) {
  language = chosen;
  memory.set('language', chosen);
  const tag = chosen === 'zh' ? 'zh-CN' : 'en';
  document.documentElement.lang = tag;
  for (const layer of document.querySelectorAll('.na')) layer.lang = tag;
  for (const target of document.querySelectorAll('[data-say]')) tell(target, target.dataset.say, JSON.parse(target.dataset.values));
  for (const target of document.querySelectorAll('[data-name]')) name(target, target.dataset.name, JSON.parse(target.dataset.nameValues));
  for (const button of root.querySelectorAll('[data-language]')) button.setAttribute('aria-pressed', button.dataset.language === chosen);
  document.title = say('title');
}

// ---- elements: text only ever goes in as text, so a file name cannot become markup --------------------------------

/** An element: `say`/`name` take a key or [key, values]; `on` takes listeners; the rest are attributes. */
function make(tag, attributes = {}, ...children) {
  const made = /^(svg|path|line|rect|circle|polyline)$/.test(tag) ? document.createElementNS('http://www.w3.org/2000/svg', tag) : document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (key === 'say') tell(made, ...[value].flat());
    else if (key === 'name') name(made, ...[value].flat());
    else if (key === 'on') for (const [event, listener] of Object.entries(value)) made.addEventListener(event, listener);
    else made.setAttribute(key, value === true ? '' : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

const find = (selector) => root.querySelector(selector);
const show = (target, visible) => { target.hidden = !visible; return target; };
const empty = (target, ...children) => { target.replaceChildren(...children.filter(Boolean)); return target; };
const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

const SHAPES = {
  list: 'M4 6h16M4 12h16M4 18h16', moon: 'M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5Z', link: 'M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.700-5.700l-1.500 1.500M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 5.700 5.700l1.500-1.500',
  undo: 'M9 14 4 9l5-5M4 9h10a6 6 0 0 1 0 12h-3', redo: 'm15 14 5-5-5-5M20 9H10a6 6 0 0 0 0 12h3', heart: 'M12 20s-7.500-4.600-7.500-10.200A4.300 4.300 0 0 1 12 7.200a4.300 4.300 0 0 1 7.500 2.600C19.500 15.400 12 20 12 20Z',
  down: 'M12 4v11M7 11l5 5 5-5M5 20h14', new: 'M12 4v16M4 12h16', close: 'M6 6l12 12M18 6 6 18', pause: 'M9 5v14M15 5v14', play: 'M8 5l11 7-11 7Z', stop: 'M7 7h10v10H7Z', reset: 'M4 12a8 8 0 1 0 2.500-5.800M4 4v4.500h4.500',
};

function icon(shape) {
  return make('svg', { viewBox: '0 0 24 24', 'aria-hidden': 'true' }, make('path', { d: SHAPES[shape] }));
}

/** A button: `look` adds classes; with only an icon the words become its name. */
function button(key, action, { look = '', shape = '', bare = false, ...attributes } = {}) {
  const made = make('button', { type: 'button', class: `na-button ${look}${bare ? ' na-icon' : ''}`, on: { click: action }, ...attributes });
  if (shape) made.append(icon(shape));
  if (bare) name(made, key); else made.append(make('span', { say: key }));
  return made;
}

/** Shows where a range stands: filled from its zero (or `from`) to the thumb. */
function fill(range) {
  const low = Number(range.min), high = Number(range.max), from = Number(range.dataset.from ?? Math.max(0, low));
  const at = ((range.value - low) / (high - low)) * 100, zero = ((from - low) / (high - low)) * 100;
  const [a, b] = [Math.min(at, zero), Math.max(at, zero)];
  range.style.setProperty('--track', `linear-gradient(90deg, var(--na-line) ${a}%, var(--na-accent) ${a}% ${b}%, var(--na-line) ${b}%)`);
}

// ---- messages -----------------------------------------------------------------------------------------------------

const messages = make('div', { class: 'na na-layer na-messages' });
document.body.append(messages);

function message(text) {
  const away = make('button', { type: 'button', name: 'close' }, '×');
  const made = make('div', { class: 'na-message', role: 'alert' }, make('span', {}, text), away);
  away.addEventListener('click', () => made.remove());
  messages.append(made);
  setTimeout(() => made.remove(), 9000);
  while (messages.children.length > 3) messages.firstChild.remove();
}

/** Told to a screen reader, without a box on the page. */
function announce(key, values) { find('.na-live').textContent = say(key, values); }

// ---- the server: every answer is {...} or {error: "a sentence", code: "run.unknown"} ---------------------------------

class Refused extends Error {
  constructor(sentence, code = '') { super(sentence); this.code = code; }
}

async function call(handler, details = {}) {
  const answer = await server['ask_' + handler]({ ...details, language });
  if (answer && answer.error) throw new Refused(answer.error, answer.code);
  return answer;
}

/** Calls and says in words what went wrong; the answer is null then. */
async function attempt(handler, details) {
  try { return await call(handler, details); }
  catch (trouble) {
    message(trouble instanceof Refused ? trouble.message : say('server.away'));
    return null;
  }
}

/** For what only adorns: tries again while the server is away; null if it refuses. */
async function persist(handler, details) {
  for (let tries = 0; tries < 20; tries++) {
    try { return await call(handler, details); }
    catch (trouble) { if (trouble instanceof Refused) return null; }
    await pause(1500);
    if (details.run !== current.run) return null;
  }
  return null;
}

/** While something takes long on the server: `progress({done, total, name})` until it is finished, through restarts and lost lines. */
async function follow(run, task, progress) {
  for (;;) {
    try {
      const now = await call('task', { run, task });
      if (now.state !== 'working') return now;
      progress(now);
    } catch (trouble) {
      if (trouble instanceof Refused) throw trouble;
    }
    await pause(document.hidden ? 1500 : 350);
  }
}

// ---- layers -------------------------------------------------------------------------------------------------------

function layer(look, ...children) {
  const inner = make('div', {}, ...children);
  const made = make('dialog', { class: `na na-layer ${look}`, lang: root.lang }, inner);
  made.addEventListener('click', (event) => { if (event.target === made) made.close(); });
  document.body.append(made);
  return made;
}

/** Asks before something cannot be undone; true when the person means it. */
function ask(question, values, yes) {
  return new Promise((answer) => {
    const box = layer('na-box', make('h3', { say: [question, values] }));
    const finish = (meant) => { box.close(); box.remove(); answer(meant); };
    box.firstChild.append(make('div', { class: 'na-row' },
      button(yes, () => finish(true), { look: 'na-danger' }), button('cancel', () => finish(false), { look: 'na-quiet' })));
    box.addEventListener('cancel', () => finish(false));
    box.addEventListener('close', () => answer(false));
    box.showModal();
  });
}

// ---- numbers in words ---------------------------------------------------------------------------------------------

function clock(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  const hours = Math.floor(whole / 3600), minutes = Math.floor((whole % 3600) / 60), rest = String(whole % 60).padStart(2, '0');
  return hours ? `${hours}:${String(minutes).padStart(2, '0')}:${rest}` : `${minutes}:${rest}`;
}

const day = (seconds) => new Date(seconds * 1000).toLocaleString(language === 'zh' ? 'zh-CN' : undefined, { dateStyle: 'medium', timeStyle: 'short' });

function save(blob, filename) {
  const link = make('a', { href: URL.createObjectURL(blob), download: filename });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

const blobOf = async (uri) => (await fetch(uri)).blob();
const plainName = (text) => (text || 'neural-art').replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-+|-+$/g, '').slice(0, 60) || 'neural-art';
