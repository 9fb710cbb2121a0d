// In a Space the page is in a frame as tall as itself, and the outer page scrolls: what is fixed to the window would be
// off the screen. The part of the frame that is seen is known from which of many thin strips are; it is written to
// --seen-top and --seen-bottom, and the document has the class `framed`.

import { clamp } from '#page/dom';

const STRIP = 80, GAP = 16;

/** The edges of what is seen, from strips `{top, height, seen}` (seen: pixels of it); null if nothing is. */
export function edges(strips) {
  const seen = strips.filter((strip) => strip.seen > 0);
  if (!seen.length) return null;
  const first = seen[0], last = seen.at(-1);
  return { top: first.top + first.height - (first === last ? first.height : first.seen), bottom: last.top + last.seen };
}

/** How far an element moves down to stay in sight: `seen` is where the seen part begins, `top` where the element would
 * be, `free` how much room there is below it; all in pixels. */
export const offset = (seen, top, free) => Math.round(clamp(seen + GAP - top, 0, Math.max(0, free)));

/** What has the class `follows` stays in sight, as `position: sticky` does where the page itself scrolls. */
function follow(seen) {
  for (const element of document.querySelectorAll('.follows')) {
    const { top, height } = element.parentElement.getBoundingClientRect();
    const down = offset(seen, top + window.scrollY, height - element.offsetHeight);
    element.style.transform = down ? `translateY(${down}px)` : '';
  }
}

/** Watches what is seen of the page, where it is in a frame that is taller than the screen. */
export function watchFrame() {
  if (window.parent === window || !('IntersectionObserver' in window)) return;
  const root = document.documentElement, ruler = document.createElement('div'), strips = [];
  ruler.setAttribute('aria-hidden', 'true');
  ruler.style.cssText = 'position:absolute;inset:0 auto auto 0;width:1px;pointer-events:none;visibility:hidden';
  document.body.style.position = 'relative';
  document.body.append(ruler);

  const tell = () => {
    const found = edges(strips.map(({ seen }, index) => ({ top: index * STRIP, height: STRIP, seen })));
    const framed = window.innerHeight > window.screen.availHeight;
    root.classList.toggle('framed', Boolean(framed && found));
    if (!found) return;
    root.style.setProperty('--seen-top', `${found.top}px`);
    root.style.setProperty('--seen-bottom', `${found.bottom}px`);
    if (framed) follow(found.top);
  };
  const seen = new IntersectionObserver((entries) => {
    for (const { target, intersectionRect } of entries) strips[target.dataset.strip].seen = intersectionRect.height;
    tell();
  }, { threshold: [0, 0.25, 0.5, 0.75, 1] });
  const measure = () => {
    const wanted = Math.ceil(Math.min(root.scrollHeight, 40000) / STRIP);
    for (let index = strips.length; index < wanted; index++) {
      const strip = document.createElement('div');
      strip.dataset.strip = index;
      strip.style.height = `${STRIP}px`;
      ruler.append(strip);
      strips.push({ seen: 0 });
      seen.observe(strip);
    }
  };
  new ResizeObserver(measure).observe(document.body);
  measure();
}
