// Sentences for the person. Other modules say theirs with `message` and `announce` of #page/messages.
import { listen } from '#page/messages';
import { make } from '#page/dom';
import { say } from '#page/words';

const SECONDS = 9, MOST = 3;

export default function mount({ element, props, watch }) {
  const boxes = element.querySelector('.boxes'), status = element.querySelector('[role=status]');
  let shown = null, standing = null;

  function put(text) {
    const away = make('button', { type: 'button', 'aria-label': say('close') }, '×');
    const box = make('div', { class: 'message' }, make('span', {}, text), away);
    away.addEventListener('click', () => box.remove());
    boxes.append(box);
    const others = [...boxes.children].filter((each) => each !== standing);
    for (const old of others.slice(0, -MOST)) old.remove();
    return box;
  }

  const show = (text, quiet) => {
    if (quiet) { status.textContent = text; return; }
    for (const same of [...boxes.children]) {
      if (same !== standing && same.firstChild.textContent === text) same.remove();
    }
    const box = put(text);
    setTimeout(() => box.remove(), SECONDS * 1000);
  };

  const stand = (text) => {
    standing?.remove();
    standing = text === null ? null : put(text);
  };

  const take = () => {
    const { number, text, quiet } = props.value || {};
    if (!text || number === shown) return;
    shown = number;
    show(text, quiet);
  };
  listen(show, stand);
  watch('value', take);
  take();
}
