// Writes what the session is to the address and to the browser's storage.
import { remember } from '#page/recall';

const SOON = 400;  // milliseconds in which Gradio shows the step that an answer opens

export default function mount({ props, trigger, watch }) {
  let check = null;

  /** The answer to a step that was left meanwhile may come last; then the session is not where the person is. */
  function find() {
    const step = document.querySelector('#steps [role=tab][aria-selected=true]')?.id.replace('-button', '');
    if (props.value?.run && step && step !== props.value.step) trigger('astray', { step });
  }

  watch('value', () => {
    remember(props.value);
    clearTimeout(check);
    check = setTimeout(find, SOON);
  });
}
