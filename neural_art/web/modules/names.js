// Parts of Gradio's components have names that are English in every language: a slider's range is "range slider for
// Direction 1". Here they get names in the language that the page speaks.
import { say, whenSpoken } from '#page/words';

const NAMES = {
  Fullscreen: 'part.large',
  'full-screen': 'part.large',
  'Exit fullscreen mode': 'part.small',
  'play-pause-replay-button': 'part.play',
  'Adjust volume': 'part.volume',
};

/** What a part is called that Gradio calls `name`; null if that is as good. */
export function nameOf(name) {
  const [, kind, label] = /^(range slider|number input) for (.*)$/s.exec(name) ?? [];
  if (kind) return kind === 'range slider' ? label : say('part.number', { label });
  return Object.hasOwn(NAMES, name) ? say(NAMES[name]) : null;
}

/** Names the parts that are on the page and those that come. */
export function watchNames(root) {
  const given = new WeakMap();  // element -> Gradio's name for it

  function name(element) {
    const now = element.getAttribute('aria-label'), before = given.get(element);
    if (before && now === before.ours) return;
    call(element, now);
  }
  function call(element, gradios) {
    const ours = nameOf(gradios);
    if (ours === null) return;
    given.set(element, { gradios, ours });
    element.setAttribute('aria-label', ours);
    if (element.title) element.title = ours;
  }
  const within = (node) => {
    if (node.nodeType !== 1) return;
    if (node.hasAttribute('aria-label')) name(node);
    for (const element of node.querySelectorAll('[aria-label]')) name(element);
  };

  new MutationObserver((changes) => {
    for (const { type, target, addedNodes } of changes) {
      if (type === 'attributes') name(target); else addedNodes.forEach(within);
    }
  }).observe(root, { subtree: true, childList: true, attributes: true, attributeFilter: ['aria-label'] });
  whenSpoken(() => {
    for (const element of root.querySelectorAll('[aria-label]')) {
      if (given.has(element)) call(element, given.get(element).gradios);
    }
  });
  within(root);
}
