// Two layered pictures: the next one is decoded before it fades in over the other, so nothing flickers.
import { attempt } from '#page/calls';
import { show } from '#page/dom';
import { say, whenSpoken } from '#page/words';

const KEPT = 80, FADE = 750;

export default function mount({ element, props, trigger, server, watch }) {
  const grid = element.querySelector('.grid'), waiting = grid.querySelector('p');
  const layers = [...grid.querySelectorAll('img')];
  const caption = element.querySelector('.caption'), when = element.querySelector('.when');
  const pictures = new Map();
  let run = '', last = -1, number = null, wanted = -1, shown = -1, follows = true;

  const front = () => layers.find((layer) => layer.classList.contains('shown'));
  const alt = () => say('grid.alt', { n: props.value?.paintings ?? 0 });

  async function pictureOf(index) {
    if (!pictures.has(index)) {
      const of = run, answer = await attempt(server, 'sample_grid', { run, index });
      if (!answer || of !== run) return null;
      pictures.set(index, answer.sample_grid);
      if (pictures.size > KEPT) pictures.delete(pictures.keys().next().value);
    }
    return pictures.get(index);
  }

  async function hang(index) {
    wanted = index;
    const picture = await pictureOf(index);
    if (!picture || wanted !== index) return;
    const before = front(), next = layers.find((layer) => layer !== before);
    next.src = picture;
    try { await next.decode(); } catch { return; }
    if (wanted !== index || front() !== before) return;
    grid.style.aspectRatio = `${next.naturalWidth} / ${next.naturalHeight}`;
    grid.append(next);  // above the other, so that nothing shows through
    next.alt = alt();
    next.classList.add('shown');
    shown = index;
    const settle = () => {
      if (grid.lastElementChild === next && before) {
        before.classList.remove('shown');
        before.alt = '';
        before.removeAttribute('src');
      }
    };
    if (before) setTimeout(settle, FADE);
    words();
  }

  function takeDown() {
    pictures.clear();
    for (const layer of layers) { layer.classList.remove('shown'); layer.removeAttribute('src'); layer.alt = ''; }
    last = wanted = shown = -1;
    number = null;
    follows = true;
  }

  function words() {
    waiting.textContent = say(props.value?.waiting || 'grid.waiting');
    show(waiting, !front());
    caption.textContent = front() ? say('grid.note') : '';
    when.textContent = shown >= 0 && shown < last ? say('grid.when', { index: shown + 1, count: last + 1 }) : '';
    if (front()) front().alt = alt();
  }

  function take() {
    const value = props.value || {};
    if (value.run !== run) { takeDown(); run = value.run || ''; }
    if (run && (value.last !== last || value.number !== number)) {
      if (value.last <= last) pictures.clear();  // a crash took grids back
      ({ last, number } = value);
      if (follows || wanted > last) {
        follows = true;
        trigger('follow');
        if (last >= 0) hang(last);
      }
    }
    words();
  }

  window.page.grid = {
    at: () => Math.max(0, follows ? last : wanted),
    look: (index) => {
      follows = index >= last;
      if (last >= 0) hang(Math.min(Math.max(0, index), last));
    },
  };
  watch('value', take);
  whenSpoken(words);
  take();
}
