// The stage: a canvas that follows the sliders, and what the page's buttons do to the position.
import { announce, message } from '#page/messages';
import { Refused, attempt, call } from '#page/calls';
import { early } from '#page/early';
import { exploration } from '#page/exploration';
import { Painter } from '#page/painter';
import { painted, thumbnail, use } from '#page/pictures';
import { moved } from '#page/position';
import { moves, set } from '#page/sliders';
import { bytesOf, drawOn } from '#page/canvas';
import { pause } from '#page/dom';
import { same } from '#page/history';
import { say, whenSpoken } from '#page/words';

const ENDS_AFTER = 700;  // milliseconds without a step, until small pictures show where sliders lead
const byId = (id) => document.getElementById(id);

export default function mount({ element, props, trigger, server, watch }) {
  const canvas = element.querySelector('canvas'), where = element.querySelector('.where');
  const panel = element.closest('[role=tabpanel]') || document.body;
  let opened = '', version = null, favourites = null, endsShown = null, endsSoon = null;

  const draw = drawOn(canvas.getContext('2d', { alpha: false }));
  const painter = new Painter({
    client: crypto.getRandomValues(new Uint32Array(3)).join('-'),
    ask: async (request) => (await early(request)) ?? call(server, 'paint', request),
    refused: (trouble) => message(trouble instanceof Refused ? trouble.message : say('server.failed')),
    show: async (answer, wish, late) => {
      if (!draw(await createImageBitmap(bytesOf(answer.picture)), late)) return;
      canvas.dataset.shown = wish.position.amounts.join();
      if (!answer.fine) canvas.dataset.number = wish.number;
      if (answer.version !== version) { version = answer.version; drawEndsSoon(); }
    },
  });
  use(server, () => painter.busy);

  // ---- the controls show the position

  const directions = Array.from({ length: 8 }, (_, index) => `direction-${index + 1}`);
  const wanted = () => ({
    truncation: exploration.at.truncation,
    morph: exploration.at.origin === 'morph' ? exploration.at.t : 0,
    ...Object.fromEntries(directions.map((id, index) => [id, exploration.at.amounts[index] ?? 0])),
  });

  /** Sets the sliders; those that Gradio has not made yet are set once they are there. */
  async function showSliders() {
    const { turn } = exploration;
    let missing = Object.keys(wanted());
    for (let tries = 0; missing.length && tries < 50 && turn === exploration.turn; tries++) {
      const values = wanted();
      missing = missing.filter((id) => !set(id, values[id]));
      if (missing.length) await pause(100);
    }
  }

  const text = () => {
    const { at, info: { names, classes } } = exploration, name = (index) => names[index] ?? String(index + 1);
    if (at.origin === 'painting') return say('where.painting', { name: name(at.a) });
    if (at.origin === 'morph') return say('where.morph', { a: name(at.a), b: name(at.b) });
    if (Number.isInteger(at.class_index) && at.class_index in classes) {
      const label = classes[at.class_index] || say('explore.class.none');
      return say('where.class', { class: label, seed: String(at.seed) });
    }
    return say('where.seed', { seed: String(at.seed) });
  };

  const usable = (id, can) => { const button = byId(id); if (button) button.disabled = !can; };

  function showState() {
    const { at, info } = exploration, name = (index) => info.names[index] ?? '';
    where.textContent = text();
    canvas.setAttribute('aria-label', at.origin === 'painting' ? say('canvas.painting', { name: name(at.a) })
      : at.origin === 'morph' ? say('canvas.morph', { a: name(at.a), b: name(at.b) }) : say('canvas.seed'));
    usable('undo', exploration.canUndo);
    usable('redo', exploration.canRedo);
    byId('keep')?.setAttribute('aria-pressed', exploration.isKept);
    for (const button of panel.querySelectorAll('#tray button.icon')) button.title = button.textContent.trim();
    const morph = byId('morph')?.querySelectorAll('input') ?? [];
    for (const input of morph) input.disabled = at.origin !== 'morph';
    for (const side of ['a', 'b']) showSlot(side, at);
  }

  function showSlot(side, at) {
    const slot = byId(`slot-${side}`), full = at.origin === 'morph', { turn } = exploration;
    if (!slot) return;
    const label = say(`explore.choose.${side}`);
    slot.setAttribute('aria-label', full ? `${label}: ${exploration.info.names[at[side]] ?? ''}` : label);
    slot.classList.toggle('full', full);
    if (!full) return;
    thumbnail(at[side]).then((uri) => {
      if (turn === exploration.turn) slot.style.setProperty('--picture', `url(${uri})`);
    });
  }

  /** What the run has: how many directions, and whether there are paintings to start from. */
  function showKnown() {
    const { directions: count, names } = exploration.info;
    directions.forEach((id, index) => { const slider = byId(id); if (slider) slider.hidden = index >= count; });
    panel.classList.toggle('no-directions', !count);
    panel.classList.toggle('no-paintings', !names.length);
    showState();
  }

  // ---- small pictures at both ends of each direction

  function drawEndsSoon() {
    clearTimeout(endsSoon);
    endsSoon = setTimeout(drawEnds, ENDS_AFTER);
  }

  function drawEnds() {
    const { turn, info } = exploration, from = structuredClone(exploration.at), shown = { turn, from, version };
    if (!info.directions || same(shown, endsShown)) return;
    if (!element.offsetParent || document.hidden || painter.busy) { drawEndsSoon(); return; }
    endsShown = shown;
    const { ahead } = exploration.limits;
    for (const [index, id] of directions.slice(0, info.directions).entries()) {
      for (const [end, amount] of [['--low', -ahead], ['--high', ahead]]) {
        painted(moved(from, index, amount), 64).then((uri) => {
          if (turn === exploration.turn && same(from, exploration.at)) byId(id)?.style.setProperty(end, `url(${uri})`);
        });
      }
    }
  }

  // ---- what happens to the position

  exploration.listen((what) => {
    if (!exploration.run) return;
    if (what === 'moved' || what === 'settled' || what === 'opened') {
      painter.push({ run: exploration.run, position: exploration.at });
    }
    if (what === 'settled' || what === 'opened') { showSliders(); showState(); drawEndsSoon(); }
    if (what === 'known') { showKnown(); drawEndsSoon(); }
    if (what === 'kept') showState();
  });

  const place = (id) => (id === 'truncation' || id === 'morph' ? id : directions.indexOf(id));
  moves(panel, [...directions, 'truncation', 'morph'], (id, value, done) => {
    if (!exploration.run) return;
    exploration.move(place(id), value);
    if (done) exploration.commit();
  });
  const put = (id, value) => { exploration.move(place(id), value); exploration.commit(); };
  panel.addEventListener('dblclick', ({ target }) => {
    const id = target.matches('input[type=range]') && target.closest('[id]:not(input)')?.id;
    if (directions.includes(id)) put(id, 0);
    else if (id === 'truncation') put(id, exploration.limits.truncation);
  });
  panel.addEventListener('click', ({ target }) => {
    if (target.matches('#directions .min_value, #directions .max_value')) {
      put(target.closest('[id]').id, exploration.limits.ahead * (target.matches('.min_value') ? -1 : 1));
    }
  });
  document.addEventListener('keydown', (event) => {
    if (!element.offsetParent || !(event.ctrlKey || event.metaKey)) return;
    if (event.target.matches('input:not([type=range]), textarea')) return;
    const key = event.key.toLowerCase(), back = key === 'z' && !event.shiftKey;
    if (!back && key !== 'z' && key !== 'y') return;
    event.preventDefault();
    if (back) exploration.undo(); else exploration.redo();
  });

  // ---- keeping, saving

  async function change(how, position) {
    const { run } = exploration, answer = await attempt(server, how, { run, position });
    if (!answer || run !== exploration.run) return false;
    if (answer.run) { opened = answer.run; exploration.continueAs(answer.run); trigger('adopt', { run: answer.run }); }
    exploration.keep(answer.favourites);
    return true;
  }

  async function turnKept() {
    const had = exploration.isKept;
    const changed = await change(had ? 'unkeep' : 'keep', structuredClone(exploration.at));
    if (changed) announce(say(had ? 'explore.dropped' : 'explore.keptnow'));
  }
  let kept = Promise.resolve();  // one after the other: of the ready model, each would make a run

  async function save(enlarge) {
    const answer = await attempt(server, 'picture', { run: exploration.run, position: exploration.at, enlarge });
    if (!answer) return;
    const link = document.createElement('a');
    Object.assign(link, { href: answer.address, download: answer.name });
    document.body.append(link);
    link.click();
    link.remove();
  }

  window.page.explore = {
    fresh: () => exploration.fresh(),
    undo: () => exploration.undo(),
    redo: () => exploration.redo(),
    reset: () => exploration.reset(),
    keep: () => { kept = kept.then(turnKept); },
    unkeep: (position) => change('unkeep', position),
    save,
    ofClass: (index) => { exploration.ofClass(index < 0 ? null : index); },
  };

  // ---- another run, a newer model, what other tabs kept

  function offerClasses() {
    const { classes } = exploration.info;
    if (classes.length) trigger('classes', { classes });
  }

  async function learn(run) {
    const { turn } = exploration, info = await attempt(server, 'explore', { run });
    if (!info || turn !== exploration.turn) return;
    exploration.learn(info);
    offerClasses();
  }

  async function learnFavourites(run) {
    const { turn } = exploration, answer = await attempt(server, 'favourites', { run });
    if (answer && turn === exploration.turn) exploration.keep(answer.favourites);
  }

  function take() {
    const given = props.value || {};
    if (!given.run) {
      opened = '';
      if (exploration.run) { painter.clear(); exploration.close(); }
      return;
    }
    if (given.run !== opened) {
      opened = given.run;
      painter.clear();
      draw.clear();
      element.style.setProperty('--aspect', given.aspect);
      panel.style.setProperty('--aspect', given.aspect);
      for (const mark of ['number', 'shown']) delete canvas.dataset[mark];
      version = endsShown = null;
      exploration.open(given.run, given.limits);
      learn(given.run);
    } else {
      if (given.version && version !== null && given.version !== version) painter.renew();
      if (given.favourites !== favourites) learnFavourites(given.run);
    }
    favourites = given.favourites;
  }

  whenSpoken(() => { if (exploration.run) { showState(); offerClasses(); } });
  watch('value', take);
  take();
}
