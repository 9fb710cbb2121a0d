// A few facts side by side.
import { make } from '#page/dom';

export default function mount({ element, props, watch }) {
  const take = () => element.querySelector('dl').replaceChildren(
    ...(props.value?.facts || []).map(([name, value]) => make('div', {}, make('dt', {}, name), make('dd', {}, value))),
  );
  watch('value', take);
  take();
}
