// A zone to drop on, and two buttons. What is picked goes to the uploader.
import { bring } from '#page/bringing';
import { dropped, walk } from '#page/uploading';
import { say, whenSpoken } from '#page/words';

export default function mount({ element }) {
  const find = (selector) => element.querySelector(selector);
  const zone = find('.zone'), small = Boolean(element.closest('.small'));

  for (const [button, input] of [['.choose-folder', 'input.folder'], ['.choose-files', 'input.files']]) {
    const field = find(input);
    find(button).addEventListener('click', () => field.click());
    field.addEventListener('change', () => {
      const found = [...field.files].map((file) => ({ file, name: file.webkitRelativePath || file.name }));
      field.value = '';  // the same choice may be made again
      if (found.length) bring({ found, unread: [] });
    });
  }

  let inside = 0;
  const over = (by) => { inside = Math.max(0, inside + by); zone.classList.toggle('over', inside > 0); };
  zone.addEventListener('dragenter', (event) => { event.preventDefault(); over(1); });
  zone.addEventListener('dragover', (event) => event.preventDefault());
  zone.addEventListener('dragleave', () => over(-1));
  zone.addEventListener('drop', async (event) => {
    event.preventDefault();
    over(-Infinity);
    const { entries, found = [] } = dropped(event.dataTransfer);
    if (entries) bring(await walk(entries));
    else if (found.length) bring({ found, unread: [] });
  });

  function speak() {
    find('.invitation').textContent = say(small ? 'data.more' : 'data.drop');
    find('.choose-folder').textContent = say('data.folder');
    find('.choose-files').textContent = say('data.files');
    find('.kinds').textContent = small ? '' : say('data.kinds');
  }
  whenSpoken(speak);
  speak();
}
