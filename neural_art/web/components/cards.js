// Cards to choose one of: native radio buttons, so that arrow keys, names and states are the browser's own.
import { make } from '#page/dom';

let groups = 0;

export default function mount({ element, props, trigger, watch }) {
  const fieldset = element.querySelector('fieldset'), legend = element.querySelector('legend');
  const row = element.querySelector('.row');
  const group = `cards-${++groups}`;
  let shown = '', last = null, next = null;

  function choose(value) {
    const { answered = false, asked = false } = props.value;
    if (asked) { next = value; return; }
    props.value = { ...props.value, chosen: value, asked: answered };
    take();
    trigger('choose', { value });
  }

  function card({ value, title, note, detail, pictures = [] }, index) {
    const radio = make('input', {
      type: 'radio', name: group, value,
      'aria-labelledby': `${group}-${index}`, 'aria-describedby': note && `${group}-${index}-note`,
    });
    radio.addEventListener('change', () => choose(value));
    return make('label', { class: 'card' }, radio,
      pictures.length > 0 && make('span', { class: 'pictures' },
        ...pictures.map(({ source, look }) => make('img', { src: source, alt: '', class: look }))),
      make('strong', { id: `${group}-${index}` }, title),
      detail && make('em', {}, detail),
      note && make('small', { id: `${group}-${index}-note` }, note));
  }

  function take() {
    if (props.value && (props.value.chosen ?? null) === null && last !== null) {
      props.value = { ...props.value, chosen: last };
    }
    const { legend: name = '', cards = [], chosen = null, locked = false, asked = false } = props.value || {};
    last = chosen;
    legend.textContent = name;
    const wanted = JSON.stringify(cards);
    if (wanted !== shown) {  // else the focus stays where it is
      const focused = row.contains(document.activeElement) ? document.activeElement.value : null;
      row.replaceChildren(...cards.map(card));
      shown = wanted;
      if (focused !== null) [...row.querySelectorAll('input')].find((radio) => radio.value === focused)?.focus();
    }
    fieldset.disabled = locked;
    element.classList.toggle('asked', asked);
    for (const radio of row.querySelectorAll('input')) radio.checked = radio.value === chosen;
  }
  watch('value', () => {
    const wanted = next;
    next = null;
    take();
    if (wanted !== null && wanted !== props.value.chosen && !props.value.locked) choose(wanted);
  });
  take();
}
