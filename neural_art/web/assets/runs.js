// My runs: those whose ids this browser knows. The list lives here, the runs on the server.

const known = () => memory.get('runs', []).filter((id) => typeof id === 'string');

function remember(id) { memory.set('runs', [id, ...known().filter((other) => other !== id)].slice(0, 200)); }

function forget(id) { memory.set('runs', known().filter((other) => other !== id)); memory.forget(`run/${id}`); }

function linkTo(id) {
  const link = new URL(location.href);
  link.search = '';
  link.hash = '';
  link.searchParams.set('run', id);
  return link.href;
}

async function copyLink() {
  const link = linkTo(current.run);
  try { await navigator.clipboard.writeText(link); message(say('link.copied')); }
  catch { window.prompt(say('link.copy'), link); }  // without https a page may not write to the clipboard
}

async function showRuns() {
  const list = make('ul'), box = layer('na-drawer', make('div', { class: 'na-row na-spread' }, make('h2', { say: 'runs.title' }), button('close', () => box.close(), { shape: 'close', bare: true, look: 'na-quiet' })),
    make('p', { class: 'na-note', say: 'runs.note' }), make('div', {}, button('runs.new', () => { box.close(); startOver(); }, { look: 'na-first', shape: 'new' })), list);
  box.id = 'na-runs';
  box.addEventListener('close', () => box.remove());
  box.showModal();
  await drawRuns(list, box);
}

async function drawRuns(list, box) {
  const ids = known();
  const answer = ids.length ? await attempt('runs', { runs: ids.slice(0, 100) }) : { runs: [] };
  if (!answer) return;
  for (const id of ids.slice(0, 100)) if (!answer.runs.some((each) => each.id === id)) forget(id);  // deleted elsewhere, or past its time
  if (!answer.runs.length) { empty(list, make('li', { style: 'display:block' }, make('p', { class: 'na-note', say: 'runs.none' }))); return; }
  empty(list, ...answer.runs.map((each) => {
    const enter = async () => { box.close(); await open(each.id); };
    const title = make('button', { type: 'button', class: 'na-open', on: { click: enter } }, each.name);
    const rename = make('button', { type: 'button', class: 'na-link', say: 'runs.rename', on: { click: () => {
      const field = make('input', { type: 'text', value: each.name, maxlength: 100, name: 'run.name' });
      const finish = async () => { if (field.value.trim() && field.value !== each.name && (await attempt('rename', { run: each.id, name: field.value }))) await refresh(); await drawRuns(list, box); };
      field.addEventListener('keydown', (event) => { if (event.key === 'Enter') field.blur(); });
      field.addEventListener('blur', finish, { once: true });
      title.replaceWith(field);
      field.select();
    } } });
    const remove = make('button', { type: 'button', class: 'na-link', style: 'color:var(--na-danger)', say: 'runs.delete', on: { click: async () => {
      if (!(await ask('runs.sure', { name: each.name }, 'runs.delete.yes'))) return;
      if (!(await attempt('delete', { run: each.id }))) return;
      forget(each.id);
      if (each.id === current.run) startOver();
      await drawRuns(list, box);
    } } });
    return make('li', { 'data-run': each.id }, make('button', { type: 'button', 'aria-label': each.name, on: { click: enter } }, each.thumbnail ? make('img', { src: each.thumbnail, alt: '' }) : null),
      make('div', {}, title, make('p', { class: 'na-note' }, `${day(each.created)} · `, make('span', { say: `state.${each.state}` })), make('div', {}, rename, remove)));
  }));
}
