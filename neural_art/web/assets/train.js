// Step 2, Train: how many minutes; then the sample grid, three lines, the clock, and what can be done.

const train = { grid: null, loaded: new Map(), looking: null, film: null, filming: false, series: null };

function buildTrain() {
  find('#na-train').append(buildAsk(), buildStudio());
}

// ---- the one question -----------------------------------------------------------------------------------------------

function buildAsk() {
  const { stops } = setting.minutes;
  const minutes = make('input', { type: 'range', class: 'na-range', id: 'na-minutes', min: 0, max: stops.length - 1, step: 1, value: stops.indexOf(setting.minutes.default), 'data-from': 0, name: 'train.minutes' });
  const shown = make('output', { for: 'na-minutes' }), unit = make('span');
  const tellMinutes = () => {
    const n = stops[minutes.value];
    shown.textContent = n;
    tell(unit, 'train.unit', { n });
    minutes.setAttribute('aria-valuetext', say('train.valuetext', { n }));
    fill(minutes);
  };
  minutes.addEventListener('input', tellMinutes);
  const recipes = Object.entries(setting.recipes).map(([recipe, size]) => make('label', { class: 'na-card' },
    make('input', { type: 'radio', value: recipe, checked: recipe === setting.recipe, 'data-recipe': recipe }),
    make('strong', { say: `recipe.${recipe}` }), make('em', { say: ['recipe.size', { size }] }), make('small', { say: `recipe.${recipe}.note` })));
  for (const card of recipes) card.firstChild.setAttribute('name', 'na-recipe');
  const seed = make('input', { type: 'number', id: 'na-seed', min: 0, max: 2 ** 31, step: 1, value: 0 });
  const base = setting.base ? make('label', { class: 'na-row na-note' }, make('input', { type: 'checkbox', checked: true, id: 'na-base' }), make('span', { say: 'train.base' })) : null;
  const begin = button('train.start', async () => {
    begin.disabled = true;
    const chosen = find('#na-ask input[data-recipe]:checked').value;
    const details = { run: current.run, minutes: stops[minutes.value], recipe: chosen, seed: Number(seed.value) || 0 };
    if (base) details.base = find('#na-base').checked;
    if (await attempt('train', details)) { announce('train.asked'); await refresh(); find('#na-train').focus({ preventScroll: true }); }
    begin.disabled = false;
  }, { look: 'na-first na-large', id: 'na-start' });
  const made = make('div', { class: 'na-ask', id: 'na-ask' },
    make('div', { class: 'na-minutes' }, make('h2', {}, make('label', { for: 'na-minutes', say: 'train.question' })), shown, unit, minutes),
    make('fieldset', { class: 'na-stack' }, make('legend', { class: 'na-unseen', say: 'train.recipe' }), make('div', { class: 'na-recipes' }, ...recipes)),
    make('details', {}, make('summary', { say: 'train.advanced' }), make('div', { class: 'na-stack', style: 'padding:12px 0' },
      make('label', { class: 'na-field', style: 'max-width:220px' }, make('span', { say: 'train.seed' }), seed), make('p', { class: 'na-note', say: 'train.seed.note' }), base)),
    make('div', { class: 'na-row', style: 'justify-content:center' }, begin));
  tellMinutes();
  train.tellMinutes = tellMinutes;
  return made;
}

// ---- the studio: sample grid, clock, lines ---------------------------------------------------------------------------------

function buildStudio() {
  const grid = make('div', { class: 'na-wall', id: 'na-wall' }, make('p', { say: 'grid.waiting' }), make('img', { alt: '' }), make('img', { alt: '' }));
  const past = make('input', { type: 'range', class: 'na-range', id: 'na-past', min: 0, max: 0, value: 0, 'data-from': 0, name: 'grid.past', on: { input: () => lookBack(Number(past.value)) } });
  const clockBox = make('div', { class: 'na-stack', style: 'gap:10px' },
    make('div', { class: 'na-clock' }, make('b', { id: 'na-left-clock', class: 'na-number' }, '–'), make('span', { class: 'na-note', id: 'na-clock-word' })),
    make('div', { class: 'na-bar', id: 'na-train-bar', role: 'progressbar', 'aria-valuemin': 0, 'aria-valuemax': 100, name: 'train.progress' }, make('i')),
    make('p', { class: 'na-note na-number', id: 'na-used' }));
  const lines = make('div', { class: 'na-lines', id: 'na-lines' },
    line('texture_distance', (value) => value.toLocaleString(language, { minimumFractionDigits: 2, maximumFractionDigits: 2 })), line('fooling_rate', (value) => `${Math.round(100 * value)} %`), line('pictures_per_second', (value) => value.toLocaleString(language, { maximumFractionDigits: value < 10 ? 1 : 0 })));
  const actions = make('div', { class: 'na-row', id: 'na-actions' },
    button('train.pause', () => act('pause'), { shape: 'pause', 'data-when': 'training waiting' }),
    button('train.resume', () => act('resume'), { shape: 'play', look: 'na-first', 'data-when': 'paused failed' }),
    button('train.stop', () => act('stop'), { shape: 'stop', 'data-when': 'training paused' }),
    button('train.leave', () => act('stop'), { 'data-when': 'waiting' }),
    button('train.explore', () => goto('explore'), { look: 'na-first na-large', 'data-when': 'finished', id: 'na-play' }),
    button(['train.longer', { n: setting.minutes.longer }], () => act('train_longer', { minutes: setting.minutes.longer }), { 'data-when': 'finished' }),
    button('train.branch', branch, { 'data-when': 'finished', look: 'na-quiet' }));
  const film = make('section', { class: 'na-film', id: 'na-learning', hidden: true }, make('h3', { say: 'film.learning' }), make('p', { class: 'na-note', say: 'film.learning.note' }), make('div', { class: 'na-stack' }));
  return make('div', { class: 'na-studio', id: 'na-studio', hidden: true },
    make('figure', { class: 'na-stack' }, make('div', { class: 'na-frame' }, grid),
      make('figcaption', { class: 'na-note', say: 'grid.note' }),
      make('label', { class: 'na-stack', style: 'gap:0', id: 'na-past-box', hidden: true }, make('span', { class: 'na-note na-row na-spread' }, make('span', { say: 'grid.first' }), make('span', { say: 'grid.now' })), past), film),
    make('div', { class: 'na-stack', style: 'gap:30px' }, clockBox, make('p', { class: 'na-trouble', id: 'na-reason', hidden: true }), actions, lines));
}

async function act(what, details = {}) {
  const buttons = root.querySelectorAll('#na-actions button');
  for (const each of buttons) each.disabled = true;
  if (await attempt(what, { run: current.run, ...details })) await refresh();
  for (const each of buttons) each.disabled = false;
}

/** A new run from this one's model, with the same paintings or with others. */
function branch() {
  const begin = async (empty) => {
    box.close();
    const made = await attempt('branch', { run: current.run, name: say('run.branch', { name: current.status.name }), empty });
    if (made) await open(made.run, empty ? 'data' : 'train');
  };
  const box = layer('na-box', make('h3', { say: 'branch.title' }), make('p', { class: 'na-note', say: 'branch.note' }),
    make('div', { class: 'na-row' }, button('branch.same', () => begin(false), { look: 'na-first' }), button('branch.other', () => begin(true)), button('cancel', () => box.close(), { look: 'na-quiet' })));
  box.addEventListener('close', () => box.remove());
  box.showModal();
}

/** A line with its words: `train.<key>` above, the newest value, and the value under the pointer. */
function line(key, format) {
  const svg = make('svg', { viewBox: '0 0 300 64', preserveAspectRatio: 'none', role: 'img' },
    make('line', { x1: 0, x2: 300, y1: 63.5, y2: 63.5 }), make('path', { class: 'na-under' }), make('path', { class: 'na-curve' }), make('line', { class: 'na-hair', y1: 0, y2: 64, visibility: 'hidden' }));
  const value = make('b', {}, '–'), note = make('p', { class: 'na-note', say: `line.${key}.note` });
  const made = make('div', { class: 'na-line', 'data-line': key }, make('header', {}, make('span', { say: `line.${key}` }), value), svg, note);
  const hair = svg.querySelector('.na-hair');
  let points = [], seconds = [];
  made.draw = (all, times) => {
    const kept = all.map((each, index) => [each, times[index]]).filter(([each]) => Number.isFinite(each));
    points = kept.map(([each]) => each);
    seconds = kept.map(([, time]) => time);
    if (!points.length) { value.textContent = '–'; for (const path of svg.querySelectorAll('path')) path.setAttribute('d', ''); return; }
    const low = key === 'texture_distance' ? Math.max(0, Math.min(...points) - 0.1) : 0, high = Math.max(...points, low + 0.06) * 1.03, first = seconds[0], span = Math.max(seconds.at(-1) - first, 1);
    const course = points.map((each, index) => `${(((seconds[index] - first) / span) * 300).toFixed(1)} ${(62 - ((each - low) / (high - low)) * 58).toFixed(1)}`).join('L');
    svg.querySelector('.na-curve').setAttribute('d', 'M' + course);
    svg.querySelector('.na-under').setAttribute('d', `M0 63L${course}V63Z`);
    value.textContent = format(points.at(-1));
    svg.setAttribute('aria-label', say('line.label', { what: say(`line.${key}`), first: format(points[0]), last: format(points.at(-1)) }));
    tell(note, trend(key, points));
  };
  svg.addEventListener('pointermove', (event) => {
    if (!points.length) return;
    const box = svg.getBoundingClientRect(), span = Math.max(seconds.at(-1) - seconds[0], 1), wanted = seconds[0] + clamp((event.clientX - box.left) / box.width, 0, 1) * span;
    let nearest = 0;
    for (let index = 1; index < seconds.length; index++) if (Math.abs(seconds[index] - wanted) < Math.abs(seconds[nearest] - wanted)) nearest = index;
    const x = ((seconds[nearest] - seconds[0]) / span) * 300;
    for (const [attribute, at] of [['x1', x], ['x2', x], ['visibility', 'visible']]) hair.setAttribute(attribute, at);
    value.textContent = `${format(points[nearest])} · ${clock(seconds[nearest])}`;
  });
  svg.addEventListener('pointerleave', () => { hair.setAttribute('visibility', 'hidden'); if (points.length) value.textContent = format(points.at(-1)); });
  return made;
}

/** The key of the words for where a line is heading, from its last third. */
function trend(key, points) {
  if (key !== 'texture_distance' || points.length < 12) return `line.${key}.note`;
  const mean = (some) => some.reduce((sum, each) => sum + each, 0) / some.length;
  const third = Math.floor(points.length / 3), gain = mean(points.slice(-2 * third, -third)) - mean(points.slice(-Math.ceil(third / 2)));
  return gain > 0.012 ? 'line.texture_distance.falling' : gain < -0.012 ? 'line.texture_distance.rising' : 'line.texture_distance.level';
}

// ---- the sample grid: two pictures, one fades into the other -----------------------------------------------------------------

async function hang(uri) {
  const grid = find('#na-wall'), [a, b] = grid.querySelectorAll('img');
  const [front, back] = a.classList.contains('na-shown') ? [a, b] : [b, a];
  back.src = uri;
  try { await back.decode(); } catch { return; }
  if (back.naturalWidth) grid.style.aspectRatio = `${back.naturalWidth} / ${back.naturalHeight}`;
  show(grid.querySelector('p'), false);
  grid.append(back);  // above the other, so that nothing shows through
  back.classList.add('na-shown');
  back.alt = say('grid.alt', { n: current.status ? current.status.paintings : 0 });
  setTimeout(() => { if (back.classList.contains('na-shown') && grid.lastChild === back) { front.classList.remove('na-shown'); front.alt = ''; } }, 750);
}

function unhang() {
  const grid = find('#na-wall');
  for (const each of grid.querySelectorAll('img')) { each.classList.remove('na-shown'); each.removeAttribute('src'); }
  show(grid.querySelector('p'), true);
  Object.assign(train, { grid: null, loaded: new Map(), looking: null, film: null, filming: false, series: null });
  empty(find('#na-learning .na-stack'));
  for (const each of root.querySelectorAll('.na-line')) each.draw([], []);
}

/** Walks back through the sample grids: how it learned. */
async function lookBack(index) {
  const past = find('#na-past');
  fill(past);
  train.looking = index >= Number(past.max) ? null : index;
  if (!train.loaded.has(index)) {
    const answer = await call('sample_grid', { run: current.run, index }).catch(() => null);
    if (!answer) return;
    train.loaded.set(index, answer.sample_grid);
    if (train.loaded.size > 80) train.loaded.delete(train.loaded.keys().next().value);
  }
  if (Number(past.value) === index) hang(train.loaded.get(index));
}

// ---- what a tick brings -------------------------------------------------------------------------------------------------

function drawTrain(status, news) {
  const asked = !['empty', 'prepared'].includes(status.state);
  show(find('#na-ask'), !asked);
  show(find('#na-studio'), asked);
  if (!asked) return;
  const { state } = status, ending = state === 'training' && status.desired_state !== 'training';
  const left = find('#na-left-clock'), word = find('#na-clock-word'), bar = find('#na-train-bar');
  const begun = status.seconds > 0;
  if (state === 'finished') { left.textContent = clock(status.seconds); tell(word, 'clock.took'); }
  else if (state === 'waiting') { left.textContent = status.queue_place ? `${status.queue_place}.` : '…'; tell(word, status.queue_place ? 'clock.place' : 'clock.waiting'); }
  else if (state === 'failed') { left.textContent = clock(status.seconds); tell(word, 'clock.failed'); }
  else if (status.seconds_left === null || !begun) { left.textContent = '…'; tell(word, 'clock.warming'); }
  else { left.textContent = clock(status.seconds_left); tell(word, ending ? 'clock.ending' : state === 'paused' ? 'clock.paused' : 'clock.left'); }
  bar.classList.toggle('na-unsure', state === 'training' && !begun);
  bar.firstChild.style.transform = state === 'training' && !begun ? '' : `scaleX(${status.progress})`;
  bar.setAttribute('aria-valuenow', Math.round(100 * status.progress));
  tell(find('#na-used'), 'clock.used', { used: clock(status.seconds), step: status.step, n: status.paintings });
  const reason = find('#na-reason');
  reason.textContent = status.reason || status.notice || '';
  show(reason, Boolean(reason.textContent));
  for (const each of find('#na-actions').children) show(each, each.dataset.when.split(' ').includes(state) && !(ending && each.dataset.when !== 'finished'));
  find('#na-wall p').textContent = say(state === 'waiting' ? 'grid.queue' : state === 'failed' ? 'grid.failed' : 'grid.waiting');
  if (news.series) {
    train.series = news.series;
    const { seconds, ...lines } = news.series;
    for (const [key, values] of Object.entries(lines)) find(`[data-line=${key}]`).draw(values, seconds);
  }
  const past = find('#na-past');
  show(find('#na-past-box'), status.sample_grids > 1);
  if (status.sample_grids > 0 && Number(past.max) !== status.sample_grids - 1) {
    const atEnd = train.looking === null;
    past.max = status.sample_grids - 1;
    if (atEnd) past.value = past.max;
    fill(past);
  }
  if (news.sample_grid) {
    train.grid = news.sample_grid_id;
    if (train.looking === null) hang(news.sample_grid);
  }
  if (state === 'finished' && status.sample_grids > 0) learningFilm();
  else show(find('#na-learning'), false);
}

/** The learning film of a finished run: made once on the server, then played here. */
async function learningFilm() {
  const run = current.run, box = show(find('#na-learning'), true).querySelector('.na-stack'), key = `${run}/${current.status.step}`;
  if (train.film === key || train.filming) return;
  train.filming = true;
  try {
    const bar = make('div', { class: 'na-bar na-unsure' }, make('i'));
    empty(box, bar);
    await call('learning_film', { run });
    const ended = await follow(run, 'learning', ({ done, total }) => { bar.classList.remove('na-unsure'); bar.firstChild.style.transform = `scaleX(${total ? done / total : 0})`; });
    if (run !== current.run) return;
    if (ended.state !== 'done') { empty(box, make('p', { class: 'na-note' }, ended.reason || '')); train.film = key; return; }
    await playFilm(box, run, ended.film, `${plainName(current.status.name)}-learning.mp4`, { loop: false, label: 'film.learning' });
    train.film = key;
  } catch { train.film = key; empty(box); }
  finally { train.filming = false; }
}

/** Fetches a film and shows it with a button that saves it. */
async function playFilm(box, run, film, filename, { loop = true, label = 'film.loop' } = {}) {
  const { film: uri } = await call('film', { run, film });
  const blob = await blobOf(uri);
  const video = make('video', { controls: true, loop, muted: true, playsinline: true, name: label });
  video.muted = true;
  video.autoplay = loop;
  video.src = URL.createObjectURL(blob);
  empty(box, make('div', { class: 'na-frame' }, video), make('div', {}, button('film.save', () => save(blob, filename), { shape: 'down' })));
  if (loop) video.play().catch(() => { /* the person presses play */ });
  return video;
}
