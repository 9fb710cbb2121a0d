// Pairs that look like copies, with a box to tick on each painting.
import { call } from '#page/calls';
import { make } from '#page/dom';
import { say, whenSpoken } from '#page/words';

export default function mount({ element, props, trigger, server, watch }) {
  const find = (selector) => element.querySelector(selector);
  const pairs = find('.pairs'), leave = find('.leave');
  let shown = '';

  const ticked = () => [...pairs.querySelectorAll('input:checked')].map((box) => box.value);
  const usable = () => { leave.disabled = !ticked().length; };
  pairs.addEventListener('change', usable);
  leave.addEventListener('click', () => {
    leave.disabled = true;
    props.value = { ...props.value, asked: true };  // so that any answer differs from it, and is taken
    trigger('leave', { files: ticked() });
  });

  const last = (name) => name.split('/').at(-1);
  const figure = ({ file, name }, whole) => make('figure', {}, make('img', { 'data-file': file, alt: '' }),
    make('label', { title: name },
      make('input', { type: 'checkbox', value: file }), make('span', {}, whole ? name : last(name))));
  const pairOf = ([one, other]) => {
    const whole = last(one.name) === last(other.name);  // only their folders tell them apart
    return make('div', { class: 'pair' }, figure(one, whole), figure(other, whole));
  };

  async function fill(run, files) {
    let pictures;
    try {
      ({ pictures } = await call(server, 'painting_thumbnails', { run, files }));
    } catch {
      return;  // names will do
    }
    for (const image of pairs.querySelectorAll('img')) {
      if (pictures[image.dataset.file]) image.src = pictures[image.dataset.file];
    }
  }

  function take() {
    const { run = '', title = '', note = '', locked = false, pairs: wanted = [] } = props.value || {};
    find('h3').textContent = title;
    find('.note').textContent = note;
    leave.hidden = locked;
    if (shown !== JSON.stringify([run, wanted])) {
      shown = JSON.stringify([run, wanted]);
      pairs.replaceChildren(...wanted.map(pairOf));
      if (wanted.length) fill(run, [...new Set(wanted.flat().map(({ file }) => file))]);
    }
    for (const box of pairs.querySelectorAll('input')) box.disabled = locked;
    usable();
  }
  const speak = () => { leave.textContent = say('duplicates.leave'); };
  whenSpoken(speak);
  watch('value', take);
  speak();
  take();
}
