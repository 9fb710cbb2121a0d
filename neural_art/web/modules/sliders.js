// Gradio's own sliders, read and set through their elements: a movement of the hand costs no event of Gradio's.

let setting = false;

const ends = (id) => document.getElementById(id)?.querySelector('input[type=range]');

/** Sets a slider; false while it is not on the page. Whoever listens to `moves` is not told. */
export function set(id, value) {
  const range = ends(id);
  if (!range) return false;
  if (Math.abs(Number(range.value) - value) < 1e-9) return true;
  setting = true;
  range.value = value;
  range.dispatchEvent(new Event('input', { bubbles: true }));
  setting = false;
  return true;
}

/** Calls `moved(id, value, done)` for each movement of a slider in `area`; `done` once it is let go. */
export function moves(area, ids, moved) {
  const tell = (done) => ({ target }) => {
    if (setting || target.value === '' || !target.matches?.('input[type=range], input[type=number]')) return;
    const id = target.closest('[id]:not(input)')?.id;
    if (!ids.includes(id)) return;
    const { min, max } = ends(id), value = Math.min(Number(max), Math.max(Number(min), Number(target.value)));
    moved(id, value, done);
  };
  area.addEventListener('input', tell(false));
  area.addEventListener('change', tell(true));
}
