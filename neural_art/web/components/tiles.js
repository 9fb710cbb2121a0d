// Rows of small pictures: paintings to start from or to choose, new pictures, kept pictures.
import { exploration } from '#page/exploration';
import { make, show } from '#page/dom';
import { painted, thumbnail } from '#page/pictures';
import { same } from '#page/history';
import { say, whenSpoken } from '#page/words';

const PICTURE = 128;  // pixels of a painted picture

export default function mount({ element, props }) {
  const bar = element.querySelector('.tiles-bar'), list = element.querySelector('.tiles-list');
  const purpose = props.value;
  let tiles = [];  // {made, pressed()}

  // a picture is asked for when it comes near
  const near = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      near.unobserve(target);
      target.picture().then((uri) => { target.firstChild.src = uri; });
    }
  }, { rootMargin: '200px' });

  /** `look`: 'painting' is shown whole in its own shape, 'picture' is stretched from its square. */
  function tile({ look, name, picture, action, pressed }) {
    const made = make('button', {
      type: 'button', class: `tile ${look}`, 'aria-label': name, title: look === 'painting' ? name : null,
    }, make('img', { alt: '' }));
    made.picture = picture;
    made.addEventListener('click', action);
    near.observe(made);
    tiles.push({ made, pressed });
    return made;
  }

  const painting = (index, action, pressed) => tile({
    look: 'painting', name: exploration.info.names[index], picture: () => thumbnail(index), action, pressed,
  });
  const position = (at, key, number) => tile({
    look: 'picture', name: say(key, { n: number }), picture: () => painted(at, PICTURE),
    action: () => exploration.go(at), pressed: () => same(at, exploration.at),
  });
  const paintings = (action, pressed) => exploration.info.names.map(
    (_, index) => painting(index, () => action(index), () => pressed(index)),
  );

  // ---- what each row shows

  let sixteen = [], chosen = [], side = null;

  const rows = {
    own: () => paintings(
      (index) => exploration.start(index),
      (index) => exploration.at.origin === 'painting' && exploration.at.a === index,
    ),

    sixteen: () => sixteen.map((at, index) => position(at, 'tile.new', index + 1)),

    kept: () => {
      const { favourites } = exploration.info;
      if (!favourites.length) return [make('p', { class: 'none' }, say('explore.kept.none'))];
      return favourites.map((at, index) => {
        const label = say('tile.away', { n: index + 1 });
        const away = make('button', { type: 'button', class: 'away', 'aria-label': label, title: label }, '×');
        away.addEventListener('click', () => window.page.explore.unkeep(at));
        return make('div', { class: 'kept' }, position(at, 'tile.kept', index + 1), away);
      });
    },

    slot: () => {
      if (side === null) return [];
      return paintings(
        (index) => { exploration.morph(side, index); choose(null); },
        (index) => exploration.at.origin === 'morph' && exploration.at[side] === index,
      );
    },

    film: () => paintings((index) => {
      const place = chosen.indexOf(index);
      if (place >= 0) chosen.splice(place, 1); else chosen.push(index);
      press();
    }, (index) => chosen.includes(index)),
  };

  function draw() {
    near.disconnect();
    tiles = [];
    list.replaceChildren(...(exploration.run ? rows[purpose]() : []));
    press();
  }

  function press() {
    if (!exploration.at) return;
    for (const { made, pressed } of tiles) made.setAttribute('aria-pressed', pressed());
    if (purpose !== 'film') return;
    tellFilm();
    tiles.forEach(({ made }, index) => {
      const place = chosen.indexOf(index);
      made.querySelector('.order')?.remove();
      if (place >= 0) made.append(make('span', { class: 'order' }, String(place + 1)));
    });
  }

  function renew() {
    sixteen = exploration.some(16);
    draw();
  }

  // ---- in place under the ends of the morph

  function choose(end) {
    const before = side;
    side = end === side ? null : end;
    show(bar, side !== null);
    for (const each of ['a', 'b']) {
      document.getElementById(`slot-${each}`)?.setAttribute('aria-expanded', each === side);
    }
    draw();
    if (side !== null) {
      const away = make('button', { type: 'button', class: 'link' }, say('cancel'));
      away.addEventListener('click', () => choose(null));
      bar.replaceChildren(make('span', {}, say(`explore.choose.${side}`)), away);
      (tiles.find(({ pressed }) => pressed()) || tiles[0])?.made.focus({ preventScroll: true });
    } else if (before) document.getElementById(`slot-${before}`)?.focus({ preventScroll: true });
  }

  // ---- what a film goes through

  function from(source) {
    show(list, source === 'paintings');
    tellFilm();
  }

  function tellFilm() {
    const own = !list.hidden, count = own ? chosen.length : exploration.info.favourites.length;
    const few = own ? 'film.few.paintings' : 'film.few.favourites';
    bar.textContent = say(count < 2 ? few : 'film.through', { n: count });
  }

  /** The film plays while it is seen only: its player works at each frame, and the sliders would feel it. */
  function playWhenSeen(shown) {
    let seen = false, paused = true;
    const video = () => shown.querySelector('video');
    const play = () => { if (seen && paused) { paused = false; video()?.play().catch(() => {}); } };
    shown.addEventListener('loadeddata', () => { paused = true; play(); }, true);
    new IntersectionObserver(([{ isIntersecting }]) => {
      seen = isIntersecting;
      if (!seen && video() && !video().paused) { paused = true; video().pause(); }
      play();
    }).observe(shown);
  }

  const offers = { sixteen: { renew }, slot: { choose }, film: { get chosen() { return [...chosen]; }, from }  };
  if (offers[purpose]) (window.page.tiles ??= {})[purpose] = offers[purpose];

  const grouped = purpose === 'own' || purpose === 'slot';
  if (grouped) {
    for (const [name, value] of Object.entries({ tabindex: 0, role: 'group' })) list.setAttribute(name, value);
  }
  if (purpose === 'slot') {
    element.addEventListener('keydown', ({ key }) => { if (key === 'Escape' && side !== null) choose(null); });
  }
  const named = () => {
    if (grouped) list.setAttribute('aria-label', say(purpose === 'own' ? 'explore.own' : 'choose.single'));
  };

  const again = {
    own: ['known'], sixteen: ['opened', 'class'], kept: ['known', 'kept'], slot: ['known'], film: ['known', 'kept'],
  }[purpose];
  function opened() {
    chosen = [];
    if (side !== null) choose(null); else draw();
  }
  exploration.listen((what) => {
    if (what === 'opened' && purpose !== 'sixteen') opened();
    else if (again.includes(what)) { if (purpose === 'sixteen' && exploration.run) renew(); else draw(); }
    else if (what === 'settled') press();
  });
  whenSpoken(() => { named(); draw(); });
  named();
  if (purpose === 'film') {
    show(bar, true);
    show(list, false);
    playWhenSeen(document.getElementById('film-shown'));
  }
  if (purpose === 'sixteen' && exploration.run) renew(); else draw();
}
