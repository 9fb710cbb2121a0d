// Step 3, Explore: a position is a small JSON; everything here changes it, the stage shows it.

const KEPT_STEPS = 80;
const explore = { ready: null, info: null, at: null, past: [], future: [], favourites: [], thumbs: new Map(), ends: 0, chosen: [], classIndex: null };

const chance = () => crypto.getRandomValues(new Uint32Array(1))[0];
const level = () => ({ amounts: Array(setting.directions.count).fill(0), truncation: setting.truncation.default });
const fresh = () => ({ origin: 'seed', seed: chance(), a: 0, b: 0, t: 0, ...level(), class_index: null });
const wanted = () => ({ ...fresh(), class_index: explore.classIndex });  // of the class that is chosen, or of any

/** A position of version 0.1, as this browser may remember it, under today's names and in the server's order. */
function withCurrentNames({ daring, group, truncation = daring ?? setting.truncation.default, class_index = group ?? null, ...rest }) {
  return { ...rest, truncation, class_index };
}

const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

function buildExplore() {
  const canvas = make('canvas', { width: 128, height: 128, role: 'img', id: 'na-canvas', 'aria-label': '' });
  explore.stage = makeStage(canvas, drawn);
  const heart = button('explore.keep', keep, { shape: 'heart', id: 'na-keep' });
  const easel = make('div', { class: 'na-easel' },
    make('div', { class: 'na-frame' }, canvas),
    make('div', { class: 'na-tray' },
      classMenu(), button('explore.new', () => go(wanted()), { look: 'na-first', shape: 'new', id: 'na-new' }), heart,
      button('explore.undo', undo, { shape: 'undo', bare: true, id: 'na-undo' }), button('explore.redo', redo, { shape: 'redo', bare: true, id: 'na-redo' }),
      button('explore.reset', reset, { shape: 'reset', bare: true, id: 'na-reset' }),
      button('explore.save', () => download(1), { shape: 'down', id: 'na-save' }), button('explore.save4', () => download(4), { look: 'na-quiet' })),
    make('p', { class: 'na-note', id: 'na-where', style: 'text-align:center' }));

  const sliders = make('div', { class: 'na-sliders', id: 'na-directions' }, ...Array.from({ length: setting.directions.count }, (_, index) => direction(index)));
  const truncation = plain('truncation', ...setting.truncation.range, 0.01, (value) => value.toFixed(2), (value) => { explore.at.truncation = value; });
  const morph = make('div', { class: 'na-morph' }, slot('a'), plain('morph', 0, 1, 0.005, (value) => `${Math.round(100 * value)} %`, (value) => Object.assign(explore.at, { origin: 'morph', t: value })), slot('b'));
  const side = make('div', { class: 'na-side' },
    make('section', {}, make('header', {}, make('h3', { say: 'explore.directions' }), make('span', { class: 'na-note', say: 'explore.directions.note' })), sliders),
    make('section', {}, make('header', {}, make('h3', { say: 'explore.truncation' }), make('span', { class: 'na-note', say: 'explore.truncation.note' })), truncation),
    make('section', {}, make('header', {}, make('h3', { say: 'explore.morph' }), make('span', { class: 'na-note', say: 'explore.morph.note' })), morph));

  const own = make('div', { class: 'na-strip', id: 'na-own', role: 'list', tabindex: '0', name: 'explore.own' });
  const sixteen = make('div', { class: 'na-grid', id: 'na-sixteen' });
  const kept = make('div', { class: 'na-grid', id: 'na-kept' });
  const shelf = make('div', { class: 'na-shelf' },
    make('section', {}, make('header', {}, make('h2', { say: 'explore.own' }), make('span', { class: 'na-note', say: 'explore.own.note' })), own),
    make('section', {}, make('header', {}, make('h2', { say: 'explore.sixteen' }), button('explore.again', drawSixteen, { shape: 'reset', id: 'na-again' })), sixteen),
    make('section', {}, make('header', {}, make('h2', { say: 'explore.kept' }), make('span', { class: 'na-note', say: 'explore.kept.note' })), kept),
    buildFilm());
  find('#na-explore').append(
    make('div', { class: 'na-empty', id: 'na-not-yet' }, make('h2', { say: 'explore.notyet' }), make('p', { class: 'na-lead', say: 'explore.notyet.note' }), button('explore.totrain', () => goto('train'), { look: 'na-first' })),
    make('div', { id: 'na-play-box', hidden: true }, make('div', { class: 'na-explore' }, easel, side), shelf));

  document.addEventListener('keydown', (event) => {
    if (!find('#na-explore').classList.contains('na-here') || !(event.ctrlKey || event.metaKey) || event.target.matches('input[type=text], input[type=number]')) return;
    const key = event.key.toLowerCase();
    if (key === 'z' && !event.shiftKey) { event.preventDefault(); undo(); }
    else if ((key === 'z' && event.shiftKey) || key === 'y') { event.preventDefault(); redo(); }
  });
}

// ---- controls -------------------------------------------------------------------------------------------------------

/** A range that changes the position while it is dragged and becomes one step of undo when it is let go. */
function ranged(range, change, tellValue) {
  range.addEventListener('input', () => { change(Number(range.value)); tellValue(); explore.stage.push(explore.at); });
  range.addEventListener('change', () => { change(Number(range.value)); tellValue(); commit(); });
  return range;
}

function direction(index) {
  const [low, high] = setting.directions.amounts, ahead = setting.directions.look_ahead;
  const range = make('input', { type: 'range', class: 'na-range', id: `na-direction-${index + 1}`, min: low, max: high, step: 0.02, value: 0, 'data-from': 0 });
  const value = make('span', { class: 'na-number' });
  const tellValue = () => { value.textContent = `${Number(range.value) >= 0 ? '+' : '−'}${Math.abs(range.value).toFixed(1)} σ`; range.setAttribute('aria-valuetext', say('explore.sigma', { value: Number(range.value) })); fill(range); };
  const set = (to) => { range.value = to; explore.at.amounts[index] = Number(to); tellValue(); commit(); };
  ranged(range, (to) => { explore.at.amounts[index] = to; }, tellValue);
  range.addEventListener('dblclick', () => set(0));
  const end = (amount) => {
    const made = make('button', { type: 'button', class: 'na-end', tabindex: '-1', 'aria-hidden': 'true', 'data-end': `${index}:${amount}`, on: { click: () => set(amount) } }, make('img', { alt: '' }));
    return made;
  };
  const made = make('div', { class: 'na-slider' }, make('label', { for: range.id }, make('span', { say: [index ? 'explore.direction' : 'explore.direction.first', { n: index + 1 }] }), value), end(-ahead), range, end(ahead));
  made.show = () => { range.value = explore.at.amounts[index]; tellValue(); };
  return made;
}

function plain(key, low, high, step, format, change) {
  const range = make('input', { type: 'range', class: 'na-range', id: `na-${key}`, min: low, max: high, step, value: 0, 'data-from': low, name: `explore.${key}` });
  const value = make('span', { class: 'na-number' });
  const tellValue = () => { value.textContent = format(Number(range.value)); range.setAttribute('aria-valuetext', value.textContent); fill(range); };
  ranged(range, change, tellValue);
  if (key === 'truncation') range.addEventListener('dblclick', () => { range.value = setting.truncation.default; change(setting.truncation.default); tellValue(); commit(); });
  const made = make('div', { class: 'na-slider na-plain' }, make('label', { for: range.id }, make('span', { say: `explore.${key}.label` }), value), range);
  made.show = (to) => { range.value = to; tellValue(); };
  return made;
}

/** The menu of classes beside "New picture"; hidden for sets without classes. */
function classMenu() {
  return make('select', { id: 'na-class', class: 'na-select', hidden: true, name: 'explore.class', on: { change: (event) => {
    explore.classIndex = event.target.value === '' ? null : Number(event.target.value);
    go(wanted());
    drawSixteen();
  } } });
}

const classLabel = (label) => label || say('explore.class.none');

function showClasses() {
  const menu = find('#na-class'), { class_names: classes } = explore.info;
  explore.classIndex = null;
  menu.replaceChildren(make('option', { value: '', say: 'explore.class.any' }), ...classes.map((label, index) => make('option', { value: index }, classLabel(label))));
  menu.value = '';
  show(menu, classes.length > 0);
}

/** Only as many sliders as there are directions: few paintings differ in fewer ways. */
function showDirections() {
  const { directions } = explore.info;
  [...find('#na-directions').children].forEach((each, index) => show(each, index < directions));
  show(find('#na-directions').closest('section'), directions > 0);
}

function slot(side) {
  const made = make('button', { type: 'button', class: 'na-slot', id: `na-slot-${side}`, name: `explore.choose.${side}`, on: { click: async () => {
    const [index] = await choosePaintings({ most: 1 }) || [];
    if (index === undefined) return;
    explore.at[side] = index;
    if (explore.at.origin !== 'morph') explore.at.t = side === 'a' ? 0 : 1;
    explore.at.origin = 'morph';
    explore.paired = true;
    commit();
  } } });
  made.show = () => {
    const index = explore.at[side], full = explore.at.origin === 'morph';
    made.classList.toggle('na-full', full);
    if (!full) { made.replaceChildren(side.toUpperCase()); return; }
    const image = make('img', { alt: explore.info.names[index] || '' });
    made.replaceChildren(image);
    thumb(index).then((uri) => { image.src = uri; });
  };
  return made;
}

// ---- the position ---------------------------------------------------------------------------------------------------

/** What is on the sliders now becomes a step that undo can return to. */
function commit() {
  const now = structuredClone(explore.at);
  if (!same(now, explore.past.at(-1))) {
    explore.past.push(now);
    explore.future = [];
    if (explore.past.length > KEPT_STEPS) explore.past.shift();
  }
  settle();
}

function go(position) { explore.at = structuredClone(position); commit(); }
function undo() { if (explore.past.length > 1) { explore.future.push(explore.past.pop()); explore.at = structuredClone(explore.past.at(-1)); settle(); } }
function redo() { if (explore.future.length) { explore.past.push(explore.future.pop()); explore.at = structuredClone(explore.past.at(-1)); settle(); } }
function reset() { go({ ...explore.at, ...level() }); }

/** Shows the position on all controls and the canvas, and remembers it. */
function settle() {
  showControls();
  explore.stage.push(explore.at);
  memory.set(`run/${current.run}`, { past: explore.past, future: explore.future });
  drawEndsSoon();
}

function showControls() {
  const { at } = explore;
  for (const each of find('#na-directions').children) each.show();
  find('#na-truncation').closest('.na-slider').show(at.truncation);
  find('#na-morph').closest('.na-slider').show(at.origin === 'morph' ? at.t : 0);
  find('#na-morph').disabled = at.origin !== 'morph';
  for (const side of ['a', 'b']) find(`#na-slot-${side}`).show();
  find('#na-undo').disabled = explore.past.length < 2;
  find('#na-redo').disabled = !explore.future.length;
  const kept = explore.favourites.some((each) => same(each, at));
  find('#na-keep').setAttribute('aria-pressed', kept);
  for (const tile of find('#na-own').children) tile.setAttribute('aria-pressed', at.origin === 'painting' && Number(tile.dataset.index) === at.a);
  for (const tile of find('#na-sixteen').children) tile.setAttribute('aria-pressed', Boolean(tile.position) && same(tile.position, at));
  for (const tile of root.querySelectorAll('#na-kept .na-tile')) tile.setAttribute('aria-pressed', same(tile.position, at));
  const { names } = explore.info;
  const where = find('#na-where');
  if (at.origin === 'painting') tell(where, 'where.painting', { name: names[at.a] || at.a + 1 });
  else if (at.origin === 'morph') tell(where, 'where.morph', { a: names[at.a] || at.a + 1, b: names[at.b] || at.b + 1 });
  else if (Number.isInteger(at.class_index)) tell(where, 'where.class', { class: classLabel(explore.info.class_names[at.class_index]), seed: String(at.seed) });
  else tell(where, 'where.seed', { seed: String(at.seed) });
}

function drawn(answer) {
  const canvas = find('#na-canvas');
  name(canvas, explore.at.origin === 'painting' ? 'canvas.painting' : explore.at.origin === 'morph' ? 'canvas.morph' : 'canvas.seed',
    { name: explore.info.names[explore.at.a] || '', a: explore.info.names[explore.at.a] || '', b: explore.info.names[explore.at.b] || '' });
  if (answer.version !== explore.version) {
    explore.version = answer.version;
    drawEndsSoon();
  }
}

/** Small pictures at the ends of the sliders: where each direction leads from here. */
function drawEndsSoon() {
  clearTimeout(explore.ends);
  explore.ends = setTimeout(async () => {
    const run = current.run, from = structuredClone(explore.at), key = JSON.stringify([from, explore.version]);
    if (!find('#na-explore').classList.contains('na-here') || document.hidden || key === explore.endsShown) return;
    const ends = [...root.querySelectorAll('#na-directions .na-slider:not([hidden]) .na-end')];
    for (let first = 0; first < ends.length; first += 4) {  // few at a time: the sliders come first
      const some = ends.slice(first, first + 4);
      const positions = some.map((each) => { const [index, amount] = each.dataset.end.split(':').map(Number); const to = structuredClone(from); to.amounts[index] = amount; return to; });
      const answer = await persist('paint_many', { run, positions, side: 64 });
      if (!answer || run !== current.run || !same(from, explore.at)) return;
      some.forEach((each, index) => { each.firstChild.src = answer.pictures[index]; });
    }
    explore.endsShown = key;
  }, 700);
}

// ---- opening a run's model --------------------------------------------------------------------------------------------

async function showExplore() {
  const can = Boolean(current.status && current.status.can_explore);
  show(find('#na-not-yet'), !can);
  show(find('#na-play-box'), can);
  if (!can || explore.ready === current.run || explore.opening === current.run) return;
  const run = explore.opening = current.run;
  const info = await attempt('explore', { run });
  explore.opening = null;
  if (!info || run !== current.run) return;
  const kept = memory.get(`run/${run}`, {});
  Object.assign(explore, { ready: run, info, favourites: info.favourites, version: info.version, thumbs: new Map(), chosen: [], endsShown: '',
    past: Array.isArray(kept.past) && kept.past.length ? kept.past.map(withCurrentNames) : [fresh()], future: Array.isArray(kept.future) ? kept.future.map(withCurrentNames) : [] });
  explore.at = structuredClone(explore.past.at(-1));
  root.style.setProperty('--aspect', info.aspect);
  find('#na-canvas').style.aspectRatio = info.aspect;
  explore.stage.clear();
  showClasses();
  showDirections();
  drawOwn();
  settle();
  drawKept();
  drawSixteen();
  clearFilm();
}

/** A newer checkpoint: the same position, painted by the newest model. */
function renewed(version) {
  if (explore.ready === current.run && version !== explore.version && find('#na-explore').classList.contains('na-here')) explore.stage.renew();
}

// ---- own paintings ------------------------------------------------------------------------------------------------------

const asked = new Map();  // index -> those who wait for its thumbnail; asked for together

function thumb(index) {
  if (explore.thumbs.has(index)) return Promise.resolve(explore.thumbs.get(index));
  return new Promise((done) => {
    if (!asked.size) setTimeout(fetchThumbs, 30);
    asked.set(index, [...(asked.get(index) || []), done]);
  });
}

async function fetchThumbs() {
  const run = current.run, waiting = new Map(asked);
  asked.clear();
  const all = [...waiting.keys()];
  for (let first = 0; first < all.length; first += 24) {
    const some = all.slice(first, first + 24);
    const answer = await persist('thumbnails', { run, indexes: some });
    if (!answer || run !== current.run) return;
    some.forEach((index, number) => {
      explore.thumbs.set(index, answer.thumbnails[number]);
      for (const done of waiting.get(index)) done(answer.thumbnails[number]);
    });
  }
}

const seen = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    seen.unobserve(target);
    thumb(Number(target.dataset.index)).then((uri) => { target.firstChild.src = uri; });
  }
}, { rootMargin: '300px' });

function paintingTile(index, height, action) {
  const label = explore.info.names[index];
  const made = make('button', { type: 'button', class: 'na-tile na-own', 'data-index': index, title: label, 'aria-label': label, style: `height:${height}px;aspect-ratio:${explore.info.aspect}`, on: { click: action } }, make('img', { alt: '' }));
  seen.observe(made);
  return made;
}

function drawOwn() {
  empty(find('#na-own'), ...explore.info.names.map((_, index) => paintingTile(index, 96, () => go({ ...explore.at, origin: 'painting', a: index, amounts: level().amounts }))));
}

/** A layer with all paintings; the chosen indexes in order, or null. */
function choosePaintings({ most, chosen = [] }) {
  return new Promise((answer) => {
    const order = [...chosen];
    const mark = () => tiles.forEach((tile, index) => {
      const place = order.indexOf(index);
      tile.setAttribute('aria-pressed', place >= 0);
      tile.querySelector('.na-order')?.remove();
      if (place >= 0 && most > 1) tile.append(make('span', { class: 'na-order' }, String(place + 1)));
    });
    const tiles = explore.info.names.map((_, index) => paintingTile(index, 92, () => {
      if (most === 1) { order.splice(0, 1, index); box.close(); return; }
      const place = order.indexOf(index);
      if (place >= 0) order.splice(place, 1); else if (order.length < most) order.push(index);
      mark();
    }));
    const done = button('choose.done', () => box.close(), { look: 'na-first' });
    let meant = true;
    const box = layer('na-box na-wide', make('div', { class: 'na-row na-spread' }, make('h2', { say: most === 1 ? 'choose.single' : 'choose.many' }), most > 1 ? done : button('cancel', () => { meant = false; box.close(); }, { look: 'na-quiet' })),
      make('div', { class: 'na-row' }, ...tiles));
    box.addEventListener('cancel', () => { meant = false; });
    box.addEventListener('close', () => { box.remove(); answer(meant ? order : null); });
    mark();
    box.showModal();
  });
}

// ---- sixteen new ones, favourites, downloads ------------------------------------------------------------------------------

async function pictures(positions, tiles, side = 128) {
  const run = current.run;
  for (let first = 0; first < positions.length; first += 4) {
    const answer = await persist('paint_many', { run, positions: positions.slice(first, first + 4), side });
    if (!answer || run !== current.run) return;
    answer.pictures.forEach((uri, index) => { tiles[first + index].firstChild.src = uri; });
  }
}

function positionTile(position, key, values) {
  const made = make('button', { type: 'button', class: 'na-tile', name: [key, values], style: `aspect-ratio:${explore.info.aspect};width:100%`, on: { click: () => go(position) } }, make('img', { alt: '' }));
  made.position = position;
  return made;
}

function drawSixteen() {
  const positions = Array.from({ length: 16 }, () => ({ ...wanted(), truncation: explore.at.truncation }));
  const tiles = positions.map((position, index) => positionTile(position, 'tile.new', { n: index + 1 }));
  empty(find('#na-sixteen'), ...tiles);
  pictures(positions, tiles);
}

async function keep() {
  const at = structuredClone(explore.at), had = explore.favourites.some((each) => same(each, at));
  if (await changeFavourites(had ? 'unkeep' : 'keep', at)) announce(had ? 'explore.dropped' : 'explore.keptnow');
}

/** Keeps or unkeeps one position of the run that is shown; what other tabs kept meanwhile comes along. */
async function changeFavourites(how, position) {
  const run = explore.ready;
  const answer = await attempt(how, { run, position });
  if (!answer || run !== explore.ready) return false;
  explore.favourites = answer.favourites;
  drawKept();
  showControls();
  return true;
}

function drawKept() {
  const { favourites } = explore;
  if (!favourites.length) { empty(find('#na-kept'), make('p', { class: 'na-note', style: 'grid-column:1/-1', say: 'explore.kept.none' })); tellFilm(); return; }
  const tiles = favourites.map((position, index) => positionTile(position, 'tile.kept', { n: index + 1 }));
  empty(find('#na-kept'), ...tiles.map((tile, index) => make('div', { class: 'na-kept' }, tile,
    make('button', { type: 'button', class: 'na-away', name: ['tile.away', { n: index + 1 }], on: { click: () => changeFavourites('unkeep', favourites[index]) } }, '×'))));
  pictures(favourites, tiles);
  showControls();
  tellFilm();
}

async function download(enlarge) {
  const answer = await attempt('picture', { run: current.run, position: explore.at, enlarge });
  if (answer) save(await blobOf(answer.picture), `${plainName(current.status.name)}-${enlarge > 1 ? enlarge + 'x-' : ''}${Date.now().toString(36)}.png`);
}

// ---- the looping film ---------------------------------------------------------------------------------------------------

function buildFilm() {
  const source = (value) => make('label', { class: 'na-row' }, make('input', { type: 'radio', value, id: `na-film-${value}`, checked: value === 'favourites', on: { change: tellFilm } }), make('span', { say: `film.${value}` }));
  const radios = ['favourites', 'paintings'].map(source);
  for (const each of radios) each.firstChild.setAttribute('name', 'na-film');
  const choose = button('film.choose', async () => {
    const order = await choosePaintings({ most: setting.film.positions[1], chosen: explore.chosen });
    if (order) { explore.chosen = order; find('#na-film-paintings').checked = true; tellFilm(); }
  }, { id: 'na-film-choose' });
  const number = (key, step, format) => {
    const { range: [low, high], default: at } = setting.film[key];
    const range = make('input', { type: 'range', class: 'na-range', id: `na-film-${key}`, min: low, max: high, step, value: at, 'data-from': low });
    const value = make('span', { class: 'na-number' }), tellValue = () => { value.textContent = format(Number(range.value)); fill(range); };
    range.addEventListener('input', tellValue);
    tellValue();
    return make('div', { class: 'na-slider na-plain' }, make('label', { for: range.id }, make('span', { say: `film.${key}` }), value), range);
  };
  const begin = button('film.make', makeFilm, { look: 'na-first', id: 'na-film-make' });
  const show_ = make('div', { class: 'na-film', id: 'na-film-box' });
  return make('section', { id: 'na-film' }, make('header', {}, make('h2', { say: 'film.title' }), make('span', { class: 'na-note', say: 'film.note' })),
    make('div', { class: 'na-filming' }, make('div', { class: 'na-stack' }, ...radios, make('div', {}, choose),
      number('seconds', 1, (value) => say('seconds', { n: value })), number('smoothness', 0.05, (value) => `${Math.round(100 * value)} %`),
      make('div', { class: 'na-row' }, begin, make('span', { class: 'na-note', id: 'na-film-note' }))), show_));
}

function filmPositions() {
  if (find('#na-film-favourites').checked) return explore.favourites;
  return explore.chosen.map((index) => ({ origin: 'painting', a: index }));
}

function tellFilm() {
  const positions = filmPositions();
  find('#na-film-make').disabled = positions.length < setting.film.positions[0] || Boolean(explore.filming);
  tell(find('#na-film-note'), positions.length < setting.film.positions[0] ? (find('#na-film-favourites').checked ? 'film.few.favourites' : 'film.few.paintings') : 'film.through', { n: positions.length });
}

function clearFilm() { empty(find('#na-film-box')); tellFilm(); }

async function makeFilm() {
  const run = current.run, box = find('#na-film-box'), bar = make('div', { class: 'na-bar', role: 'progressbar', name: 'film.progress' }, make('i'));
  explore.filming = true;
  tellFilm();
  empty(box, bar);
  try {
    await call('loop_film', { run, positions: filmPositions(), seconds: Number(find('#na-film-seconds').value), smoothness: Number(find('#na-film-smoothness').value) });
    const ended = await follow(run, 'loop', ({ done, total }) => { bar.firstChild.style.transform = `scaleX(${total ? done / total : 0})`; });
    if (run !== current.run) return;
    if (ended.state !== 'done') throw new Refused(ended.reason || say('server.away'));
    const video = await playFilm(box, run, ended.film, `${plainName(current.status.name)}-loop.mp4`);
    video.id = 'na-loop';
    announce('film.ready');
  } catch (trouble) {
    empty(box);
    message(trouble instanceof Refused ? trouble.message : say('server.away'));
  } finally { explore.filming = false; tellFilm(); }
}
