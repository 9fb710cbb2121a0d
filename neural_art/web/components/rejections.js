// Files that were left out, with the reasons. Names are a stranger's, and only ever text.
import { make } from '#page/dom';

const FEW = 6;  // are shown without being asked for

export default function mount({ element, props, watch }) {
  const find = (selector) => element.querySelector(selector);
  const details = find('details'), list = find('ul');
  const item = ({ name, reason }) => make('li', {}, make('span', {}, name), make('span', {}, reason));

  function take() {
    const { sentence = '', title = '', files = [], more = '', label = '' } = props.value || {};
    find('.sentence').textContent = sentence;
    find('summary').textContent = title;
    find('.more').textContent = more;
    list.setAttribute('aria-label', label);
    list.replaceChildren(...files.map(item));
    details.hidden = !files.length;
    details.open = files.length <= FEW && !more;
    element.classList.toggle('trouble', Boolean(sentence));
  }
  watch('value', take);
  take();
}
