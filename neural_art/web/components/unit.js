// "minute" or "minutes" for the slider above, whose range gets it as the text of its value.
import { keep, kept } from '#page/asked';
import { say, whenSpoken } from '#page/words';

export default function mount({ element, props, trigger, watch }) {
  const word = element.querySelector('span');
  let run = null;

  const choices = () => ({ ...props.value, ...kept(run) });

  function write(n = choices().minutes) {
    word.textContent = say('train.unit', { n });
    document.querySelector('#minutes input[type=range]')?.setAttribute('aria-valuetext', say('train.valuetext', { n }));
  }

  function take() {
    if (!props.value || props.value.run === run) return;
    run = props.value.run;
    write();
    trigger('recall');
  }

  window.page.asked = {
    chose: (choice) => {
      keep(run, choice);
      if (Number.isFinite(choice.minutes)) write(choice.minutes);
    },
    choices: (recipes) => {
      const { minutes, recipe, seed, base } = choices();
      return [minutes, { ...recipes, chosen: recipe }, seed, base];
    },
    // an emptied number box sends null, and what was typed may be out of range
    sent: (session, minutes, recipes, seed, base, low, high) => {
      const whole = Number.isFinite(minutes) ? Math.min(high, Math.max(low, minutes)) : props.value.minutes;
      return [session, whole, recipes, Number.isFinite(seed) ? seed : props.value.seed, base];
    },
  };
  watch('value', take);
  whenSpoken(() => write());
  take();
}
