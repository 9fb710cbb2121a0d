import { show } from '#page/dom';

export default function mount({ element, props, watch }) {
  const bar = element.querySelector('[role=progressbar]'), note = element.querySelector('p');
  const draw = () => {
    const { text = '', share = null, working = false } = props.value || {};
    note.textContent = text;
    show(bar, working);
    bar.setAttribute('aria-label', text);
    bar.classList.toggle('unsure', share === null);
    if (share === null) bar.removeAttribute('aria-valuenow');
    else bar.setAttribute('aria-valuenow', Math.round(100 * share));
    bar.firstElementChild.style.transform = share === null ? '' : `scaleX(${share})`;
  };
  watch('value', draw);
  draw();
}
