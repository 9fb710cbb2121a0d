// Three curves: the smoothed course in front, measured values pale behind it, with what was before and what is good.
import { call } from '#page/calls';
import { clock } from '#page/clock';
import { HEIGHT, WIDTH, curveOf, nearest } from '#page/curve';
import { make, pause, show } from '#page/dom';
import { trend } from '#page/smoothing';
import { say, spoken, whenSpoken } from '#page/words';

const REST = 1500; // milliseconds between two questions for new values
const digits = (value, least, most) => value.toLocaleString(spoken(), {
  minimumFractionDigits: least, maximumFractionDigits: most,
});

// `good`: {value, key} of what is worth reaching, from the drawn curve; `include`: values that the axis must hold
const LINES = [
  {
    key: 'texture_distance', format: (value) => digits(value, 2, 2),
    good: ({ best }) => ({ value: best, key: 'line.best' }), heads: true,
  },
  {
    key: 'fooling_rate', format: (value) => `${Math.round(100 * value)} %`, include: [0, 0.5],
    good: () => ({ value: 0.5, key: 'line.guessing' }),
  },
  { key: 'pictures_per_second', format: (value) => digits(value, 0, value < 10 ? 1 : 0), include: [0] },
];

function lineOf({ key, format, include, good, heads }) {
  const svg = make('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', role: 'img' });
  const name = make('span'), value = make('b', {}, '–'), note = make('p', { class: 'note' });
  const high = make('i', { class: 'tick' }), low = make('i', { class: 'tick low' });
  const mark = make('i', { class: 'mark' });
  const plot = make('div', { class: 'plot' }, svg, high, low, mark);
  const figure = make('figure', { 'data-line': key }, make('header', {}, name, value), plot, note);
  const hair = make('line', { class: 'hair', y1: 0, y2: HEIGHT, visibility: 'hidden' });
  const across = (y, look) => make('line', { class: look, x1: 0, x2: WIDTH, y1: y, y2: y });
  let drawn = null, seconds = [];

  const newest = () => { value.textContent = drawn ? format(drawn.smooth.findLast(Number.isFinite)) : '–'; };

  function draw(series) {
    seconds = series?.seconds ?? [];
    const values = series?.[key] ?? [];
    drawn = curveOf(seconds, values, series?.continued, include);
    name.textContent = say(`line.${key}`);
    newest();
    for (const each of [high, low, mark]) show(each, drawn);
    if (!drawn) {
      svg.replaceChildren(across(HEIGHT, 'ground'));
      svg.setAttribute('aria-label', say('line.none', { what: name.textContent }));
      note.textContent = say(`line.${key}.note`);
      return;
    }
    const aim = good?.(drawn), { paths } = drawn, known = drawn.smooth.filter(Number.isFinite);
    const look = (kind, index) => (index < paths.length - 1 ? `${kind} before` : kind);
    svg.replaceChildren(
      across(0, 'ground'), across(HEIGHT, 'ground'),
      ...drawn.borders.map((x) => make('line', { class: 'border', x1: x, x2: x, y1: 0, y2: HEIGHT })),
      ...(aim ? [across(drawn.y(aim.value), 'good')] : []),
      ...paths.map(({ raw }, index) => make('path', { class: look('raw', index), d: raw })),
      ...paths.map(({ smooth }, index) => make('path', { class: look('smooth', index), d: smooth })),
      hair,
    );
    high.textContent = format(drawn.high);
    low.textContent = format(drawn.low);
    show(mark, aim);
    if (aim) {
      const share = drawn.y(aim.value) / HEIGHT;
      mark.textContent = say(aim.key, { value: format(aim.value) });
      mark.style.top = `${100 * share}%`;
      mark.classList.toggle('below', share < 0.12);
    }
    svg.setAttribute('aria-label', say('line.label', {
      what: name.textContent, first: format(known[0]), last: format(known.at(-1)),
    }));
    const heading = heads && trend(values.slice(...drawn.last));
    note.textContent = say(heading ? `line.${key}.${heading}` : `line.${key}.note`);
  }

  const at = (event) => {
    if (!drawn) return;
    const box = svg.getBoundingClientRect(), index = nearest(seconds, (event.clientX - box.left) / box.width);
    const x = drawn.x(seconds[index]), smooth = drawn.smooth[index];
    for (const [attribute, to] of [['x1', x], ['x2', x], ['visibility', 'visible']]) hair.setAttribute(attribute, to);
    value.textContent = Number.isFinite(smooth) ? `${format(smooth)} · ${clock(seconds[index])}` : '–';
  };
  const away = () => { hair.setAttribute('visibility', 'hidden'); newest(); };
  plot.addEventListener('pointermove', at);
  plot.addEventListener('pointerdown', at);
  plot.addEventListener('pointerleave', away);
  return { figure, draw };
}

export default function mount({ element, props, server, watch }) {
  const lines = LINES.map(lineOf), plots = element.querySelector('.lines'), legend = element.querySelector('.legend');
  plots.replaceChildren(...lines.map(({ figure }) => figure));
  let series = null, run = '', step = -1, asking = false;

  const draw = () => {
    const measured = Boolean(series?.seconds.length);
    for (const each of [plots, legend]) show(each, measured);
    for (const line of lines) line.draw(series);
    legend.textContent = say(element.querySelector('.border') ? 'line.legend.continued' : 'line.legend');
  };

  async function take() {
    const value = props.value || {};
    if (value.run !== run) { series = null; step = -1; run = value.run || ''; draw(); }
    if (asking) return;
    asking = true;
    while (props.value?.run && props.value.step !== step) {
      const { run: of, step: to } = props.value;
      let answer = null;
      try {
        answer = await call(server, 'series', { run: of });
      } catch { /* refused: a run that is gone, which a tick says */ }
      if (of !== run) continue;
      step = to;
      if (answer) { series = answer; draw(); }
      await pause(REST);
    }
    asking = false;
  }
  watch('value', take);
  whenSpoken(draw);
  draw();
  take();
}
