// "minute" or "minutes" for the slider above, whose range gets it as the text of its value.
import { keep, kept } from '#page/asked';
import { say, whenSpoken } from '#page/words';

export default function mount({ element, props, trigger, watch }) {
  const word = element.querySelector('span');
  let run = null, shown = '';

  const choices = () => ({ ...props.value, ...kept(run) });

  function write(n = choices().minutes) {
    word.textContent = say('train.unit', { n });
    document.querySelector('#minutes input[type=range]')?.setAttribute('aria-valuetext', say('train.valuetext', { n }));
  }

  function take() {
    const wanted = JSON.stringify(props.value);
    if (!props.value || wanted === shown) return;
    shown = wanted;
    run = props.value.run;
    write();
    trigger('recall');
  }

  window.page.asked = {
    chose: (choice) => {
      keep(run, choice);
      if (Number.isFinite(choice.minutes)) write(choice.minutes);
    },
    // what was kept may not be on offer any more: a card that was taken out, and what only a card can do
    choices: (recipes) => {
      const { minutes, recipe, seed, base, device, devices } = choices();
      const offered = recipes.cards.some(({ value }) => value === recipe);
      return [
        minutes, { ...recipes, chosen: offered ? recipe : props.value.recipe }, seed, base,
        devices.includes(device) ? device : props.value.device,
      ];
    },
    // an emptied number box sends null, and what was typed may be out of range
    sent: (session, minutes, recipes, seed, base, device, low, high) => {
      const whole = Number.isFinite(minutes) ? Math.min(high, Math.max(low, minutes)) : props.value.minutes;
      return [session, whole, recipes, Number.isFinite(seed) ? seed : props.value.seed, base, device];
    },
  };
  watch('value', take);
  whenSpoken(() => write());
  take();
}
