// The runs that this browser knows. Deleting asks once more, in its place.
import { make } from '#page/dom';
import { say, spoken, whenSpoken } from '#page/words';

const day = (seconds) => {
  const language = spoken() === 'zh' ? 'zh-CN' : undefined;
  return new Date(seconds * 1000).toLocaleString(language, { dateStyle: 'medium', timeStyle: 'short' });
};

export default function mount({ element, props, trigger, watch }) {
  const list = element.querySelector('ul');
  const button = (key, action, look = '') => {
    const made = make('button', { type: 'button', class: `link ${look}` }, say(key));
    made.addEventListener('click', action);
    return made;
  };

  function entry(run) {
    const open = () => trigger('choose', { id: run.id });
    const title = make('button', { type: 'button', class: 'open' }, run.name);
    const picture = make('button', { type: 'button', class: 'picture', 'aria-label': run.name, tabindex: '-1' },
      run.picture && make('img', { src: run.picture, alt: '' }));
    for (const each of [title, picture]) each.addEventListener('click', open);
    const actions = make('div', { class: 'actions' });
    const note = make('p', { class: 'note' }, run.problem || `${day(run.created)} · ${run.state}`);
    const item = make('li', { 'data-run': run.id }, picture, make('div', {}, title, note, actions));

    const rename = () => {
      const field = make('input', { type: 'text', value: run.name, maxlength: 100, 'aria-label': say('run.name') });
      const finish = () => {
        if (field.value.trim() && field.value !== run.name) trigger('rename', { id: run.id, name: field.value });
        field.replaceWith(title);
      };
      field.addEventListener('keydown', (event) => { if (event.key === 'Enter') field.blur(); });
      field.addEventListener('blur', finish, { once: true });
      title.replaceWith(field);
      field.select();
    };
    const ask = () => {
      const yes = button('runs.delete.yes', () => trigger('delete', { id: run.id }), 'danger');
      const no = button('cancel', usual);
      actions.replaceChildren(make('p', { role: 'alert' }, say('runs.sure', { name: run.name })), yes, no);
      no.focus();
    };
    function usual() {
      const offers = [
        run.problem && run.retrainable && button('runs.retrain', () => trigger('retrain', { id: run.id })),
        !run.problem && button('runs.rename', rename),
        button('runs.delete', ask, 'danger'),
      ];
      actions.replaceChildren(...offers.filter(Boolean));
    }
    usual();
    return item;
  }

  function take() {
    const { runs = [], none = '' } = props.value || {};
    list.replaceChildren(...(runs.length ? runs.map(entry) : [make('li', { class: 'none' }, none)]));
  }
  watch('value', take);
  whenSpoken(take);
  take();
}
