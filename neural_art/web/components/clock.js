// The clock of a training. What it says of a state is decided in #page/clock.
import { clock, faceOf } from '#page/clock';
import { show } from '#page/dom';
import { announce } from '#page/messages';
import { say, whenSpoken } from '#page/words';

export default function mount({ element, props, watch }) {
  const [face, bar, used, trouble] = element.querySelectorAll('.face, .bar, .used, .trouble');
  const [figures, words] = face.children;
  let told = {};

  function draw() {
    const value = props.value;
    if (!value?.run) return;
    const { run, state, begun, seconds, progress, step, paintings, where } = value, [time, key] = faceOf(value);
    figures.textContent = time;
    words.textContent = say(key);
    const share = Math.round(100 * progress), unsure = !begun && (state === 'training' || state === 'ending');
    bar.classList.toggle('unsure', unsure);
    bar.setAttribute('aria-label', say('train.progress'));
    bar.setAttribute('aria-valuetext', `${time} ${say(key)}`);
    if (unsure) bar.removeAttribute('aria-valuenow'); else bar.setAttribute('aria-valuenow', share);
    bar.firstElementChild.style.transform = unsure ? '' : `scaleX(${progress})`;
    show(used, begun);
    used.textContent = say('clock.used', { used: clock(seconds), step, n: paintings, where });
    if (trouble.textContent !== value.trouble) trouble.textContent = value.trouble;
    show(trouble, Boolean(value.trouble));
    if (told.run === run && told.state !== state) announce(say(`clock.told.${state}`));
    told = { run, state };
  }
  watch('value', draw);
  whenSpoken(draw);
  draw();
}
