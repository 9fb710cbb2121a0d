// Step 1, Data: bring paintings, see what was accepted, choose how they become squares.

const PICTURES = /\.(jpe?g|jfif|png|webp|bmp|tiff?|gif|hei[cf]|avif|zip)$/i;
const IN_SILENCE = /(^|\/)(\.[^/]*|__MACOSX|Thumbs\.db|ehthumbs\.db|desktop\.ini|@eaDir)(\/|$)/i;
const BATCH = { files: 40, bytes: 24 << 20 };

/** The files below dropped entries as [{file, name}], folders walked to their ends. */
async function walk(entries) {
  const found = [];
  const visit = async (entry, path) => {
    if (IN_SILENCE.test(entry.name)) return;
    if (entry.isFile) {
      const file = await new Promise((done) => entry.file(done, () => done(null)));
      if (file) found.push({ file, name: path + entry.name });
      return;
    }
    const reader = entry.createReader();
    for (;;) {
      const some = await new Promise((done) => reader.readEntries(done, () => done([])));
      if (!some.length) break;  // a reader gives some 100 entries at a time
      for (const inner of some) await visit(inner, `${path}${entry.name}/`);
    }
  };
  for (const entry of entries) await visit(entry, '');
  return found;
}

function picked(input) {
  const found = [...input.files].map((file) => ({ file, name: file.webkitRelativePath || file.name }));
  input.value = '';
  return found;
}

/** Sends files to Gradio's upload, `sent(bytes)` as they go; answers the paths in the same order. */
function upload_batch(batch, sent) {
  const form = new FormData();
  for (const { file, key } of batch) form.append('files', file, key);
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    request.open('POST', new URL('gradio_api/upload', document.baseURI));
    request.upload.addEventListener('progress', (event) => sent(event.loaded));
    request.addEventListener('load', () => {
      if (request.status === 200) done(JSON.parse(request.responseText));
      else if (request.getResponseHeader('X-Error-Code')) failed(new Refused(request.responseText));
      else failed(new Refused(say(request.status === 413 ? 'data.file.large' : 'server.away')));
    });
    request.addEventListener('error', () => failed(new Refused(say('server.away'))));
    request.send(form);
  });
}

function batches(files) {
  const made = [];
  let bytes = Infinity;
  for (const each of files) {
    const last = made.at(-1);
    if (!last || last.length >= BATCH.files || bytes + each.file.size > BATCH.bytes) { made.push([each]); bytes = each.file.size; }
    else { last.push(each); bytes += each.file.size; }
  }
  return made;
}

const data = { busy: false, report: null, fit: 'squeeze' };

function buildData() {
  const folder = make('input', { type: 'file', webkitdirectory: true, multiple: true, hidden: true, id: 'na-folder', tabindex: '-1', on: { change: () => bring(picked(folder)) } });
  const files = make('input', { type: 'file', multiple: true, hidden: true, id: 'na-files', tabindex: '-1', accept: 'image/*,.heic,.heif,.avif,.zip', on: { change: () => bring(picked(files)) } });
  const matte = make('input', { type: 'color', value: '#ffffff', id: 'na-matte' });

  const zone = (look) => {
    const made = make('div', { class: `na-drop ${look}` });
    let inside = 0;
    const over = (by) => { inside = Math.max(0, inside + by); made.classList.toggle('na-over', inside > 0); };
    made.addEventListener('dragenter', (event) => { event.preventDefault(); over(1); });
    made.addEventListener('dragover', (event) => event.preventDefault());
    made.addEventListener('dragleave', () => over(-1));
    made.addEventListener('drop', async (event) => {
      event.preventDefault();
      over(-9);
      const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry && item.webkitGetAsEntry()).filter(Boolean);
      const loose = [...event.dataTransfer.files].map((file) => ({ file, name: file.name }));
      bring(entries.length ? await walk(entries) : loose);  // the entries must be taken before anything is waited for
    });
    return made;
  };
  const choices = (look) => [
    button('data.folder', () => folder.click(), { look }),
    button('data.files', () => files.click()),
  ];

  const large = zone('');
  large.append(make('p', { class: 'na-drop-big', say: 'data.drop' }), make('div', { class: 'na-row' }, ...choices('na-first')), make('p', { class: 'na-note', say: 'data.kinds' }));
  const small = zone('na-small');
  small.append(make('p', { class: 'na-note', say: 'data.more' }), make('div', { class: 'na-row' }, ...choices('')));

  const samples = button('data.samples', bringSamples, { look: 'na-large', id: 'na-samples' });
  const begin = make('div', { id: 'na-begin' },
    make('div', { class: 'na-hero' }, make('h1', { say: 'data.title' }), make('p', { class: 'na-lead', say: 'data.lead' })),
    large,
    make('div', { class: 'na-hero', style: 'padding:28px 0 0;gap:10px' }, make('p', { class: 'na-note', say: 'data.none' }), samples,
      make('p', { class: 'na-note', say: setting.keep_hours ? ['data.kept.hours', { hours: setting.keep_hours }] : 'data.kept.here' })),
    make('details', { style: 'width:min(820px,100%);margin:20px auto 0' }, make('summary', { say: 'data.options' }),
      make('label', { class: 'na-row na-note' }, matte, make('span', { say: 'data.matte' }))));

  const work = make('div', { class: 'na-work', hidden: true, id: 'na-work' }, make('h2', { id: 'na-work-title' }),
    make('div', { class: 'na-bar', role: 'progressbar', 'aria-valuemin': 0, 'aria-valuemax': 100, name: 'data.progress' }, make('i')),
    make('p', { class: 'na-name' }));

  const refused = make('div', { class: 'na-trouble na-stack', hidden: true, id: 'na-refused', role: 'alert' });
  const report = make('div', { hidden: true, id: 'na-report', class: 'na-stack', style: 'gap:36px' });
  find('#na-data').append(folder, files, work, refused, begin, report);
  data.small = small;
}

function working(key, values, share, label = '') {
  show(find('#na-begin'), false);
  show(find('#na-report'), false);
  show(find('#na-refused'), false);
  const box = show(find('#na-work'), true), bar = box.querySelector('.na-bar');
  tell(box.querySelector('h2'), key, values);
  bar.classList.toggle('na-unsure', share === null);
  if (share !== null) {
    bar.firstChild.style.transform = `scaleX(${share})`;
    bar.setAttribute('aria-valuenow', Math.round(share * 100));
  } else bar.removeAttribute('aria-valuenow');
  box.querySelector('.na-name').textContent = label;
}

/** Uploads files to this run (a new one if there is none that can take them) and has them checked. */
async function bring(found) {
  if (data.busy) return;
  let chosen = found.filter(({ name, file }) => !IN_SILENCE.test(name) && (file.size > 0 || PICTURES.test(name)));
  if (!chosen.length) { if (found.length) message(say('data.nothing')); return; }
  for (const { name, file } of chosen.filter(({ file }) => file.size > setting.file_bytes).slice(0, 3)) {
    message(say('data.over', { name, size: Math.round(file.size / (1 << 20)), most: Math.round(setting.file_bytes / (1 << 20)) }));
  }
  chosen = chosen.filter(({ file }) => file.size <= setting.file_bytes);
  const total = chosen.reduce((sum, { file }) => sum + file.size, 0);
  if (total > setting.total_bytes) { message(say('data.heavy', { size: Math.round(total / (1 << 20)), most: Math.round(setting.total_bytes / (1 << 20)) })); return; }
  if (chosen.length > setting.entries) { message(say('data.crowd', { n: chosen.length, most: setting.entries })); return; }
  if (!chosen.length) return;
  data.busy = true;
  try {
    const top = chosen[0].name.includes('/') ? chosen[0].name.split('/')[0] : chosen.length === 1 ? chosen[0].name.replace(/\.\w+$/, '') : '';
    working('data.sending', { n: chosen.length }, 0);
    if (!canBring()) await openNew(top || say('run.untitled'));
    const run = current.run, token = crypto.getRandomValues(new Uint32Array(2)).join('');
    let gone = 0;
    chosen.forEach((each, index) => {
      // what is no picture is only named in the report, so its first bytes are enough; names on disk are ours
      if (!PICTURES.test(each.name) && each.file.size > 5 << 20) each.file = each.file.slice(0, 65536);
      each.key = `${token}-${index}${(each.name.match(/\.[A-Za-z0-9]{1,5}$/) || [''])[0]}`;
    });
    for (const batch of batches(chosen)) {
      const size = batch.reduce((sum, { file }) => sum + file.size, 0);
      const paths = await upload_batch(batch, (bytes) => working('data.sending', { n: chosen.length }, (gone + Math.min(bytes, size)) / total, batch[0].name));
      await call('take', { run, files: paths.map((path, index) => ({ path, name: batch[index].name })) });
      gone += size;
    }
    await call('check', { run, fit: data.fit, matte: find('#na-matte').value });
    await watchCheck(run);
  } catch (trouble) {
    if (trouble instanceof Refused) troubled(trouble.message); else { troubled(say('server.away')); console.error(trouble); }
  } finally { data.busy = false; }
}

async function bringSamples() {
  if (data.busy) return;
  data.busy = true;
  try {
    working('data.painting', {}, null);
    if (!canBring()) await openNew(say('run.samples'));
    await call('samples', { run: current.run, fit: data.fit });
    await watchCheck(current.run);
  } catch (trouble) {
    troubled(trouble instanceof Refused ? trouble.message : say('server.away'));
  } finally { data.busy = false; }
}

/** Shows how the check goes, also after a reload in the midst of it, and the report at its end. */
async function watchCheck(run) {
  const ended = await follow(run, 'uploads', ({ done, total, name: label, stage }) => {
    if (run === current.run) working(stage === 'painting' ? 'data.painting' : 'data.checking', { n: total }, total ? done / total : null, label);
  });
  if (run !== current.run) return;
  await refresh();
  if (ended.state === 'failed') { troubled(ended.reason, ended.rejections); return; }
  await showReport();
  announce('data.ready', { n: data.report ? data.report.count : 0 });
}

function troubled(sentence, rejections = []) {
  showData();
  const box = show(find('#na-refused'), true);
  empty(box, make('p', {}, sentence), rejections && rejections.length ? rejectionList(rejections, rejections.length) : null);
  box.scrollIntoView({ block: 'nearest' });
}

function rejectionList(rejections, count) {
  const list = make('ul', { class: 'na-left', tabindex: '0', name: 'data.rejections.list' }, ...rejections.map(({ name: file, reason }) => make('li', {}, make('span', {}, file), make('span', {}, reason))));
  return make('details', { id: 'na-left', open: count <= 6 }, make('summary', { say: ['data.rejections', { n: count }] }), list,
    count > rejections.length ? make('p', { class: 'na-note', say: ['data.rejections.more', { n: count - rejections.length }] }) : null);
}

/** The state of the step as the run's status has it. */
function showData() {
  const has = Boolean(current.status && current.status.paintings);
  show(find('#na-work'), false);
  show(find('#na-refused'), false);
  show(find('#na-begin'), !has);
  show(find('#na-report'), has);
}

async function showReport() {
  const run = current.run;
  const report = await attempt('report', { run });
  if (!report || run !== current.run) return;
  data.report = report;
  data.fit = report.fit;
  drawReport();
}

function drawReport() {
  const { report } = data, open = canBring();
  showData();
  const fact = (key, ...value) => make('div', {}, make('dt', { say: key }), make('dd', {}, ...value));
  const sizes = report.smallest.join() === report.largest.join() ? report.smallest.join(' × ') : `${report.smallest.join(' × ')} – ${report.largest.join(' × ')}`;
  const shapes = Object.entries(report.shapes).filter(([, n]) => n).map(([shape, n]) => say(`shape.${shape}`, { n }));
  const classes = Object.entries(report.class_counts);
  const facts = make('dl', { class: 'na-facts' },
    fact('data.fact.sizes', sizes + ' px'), fact('data.fact.shapes', shapes.join(say('comma'))),
    classes.length > 1 ? fact('data.fact.classes', classes.slice(0, 6).map(([label, n]) => `${label} ${n}`).join(say('comma')) + (classes.length > 6 ? ' …' : '')) : null,
    report.rejection_count ? fact('data.fact.rejections', String(report.rejection_count)) : null);

  const fits = ['squeeze', 'crop'].map((fit) => make('label', { class: 'na-card' },
    make('input', { type: 'radio', value: fit, checked: report.fit === fit, disabled: !open, on: { change: () => refit(fit) } }),
    make('span', { class: 'na-fit' }, make('img', { src: report.example, alt: '' }), make('img', { src: report.example, alt: '', style: `object-fit:${fit === 'crop' ? 'cover' : 'fill'}` })),
    make('strong', { say: `fit.${fit}` }), make('small', { say: `fit.${fit}.note` })));
  for (const card of fits) card.firstChild.setAttribute('name', 'na-fit');

  const duplicates = report.near_duplicates.map((near) => duplicateCard(near));
  const leave = button('duplicates.leave', removePaintings, { id: 'na-leave' });
  const column = make('div', { class: 'na-stack', style: 'gap:28px' },
    make('fieldset', { class: 'na-stack' }, make('legend', {}, make('h3', { say: 'fit.title' })), make('div', { class: 'na-choice' }, ...fits)),
    report.rejection_count ? rejectionList(report.rejections, report.rejection_count) : make('p', { class: 'na-note', say: 'data.rejections.none' }),
    duplicates.length ? make('section', { class: 'na-stack', id: 'na-twins' }, make('h3', { say: ['duplicates.title', { n: report.near_duplicate_count }] }), make('p', { class: 'na-note', say: 'duplicates.note' }),
      make('div', { class: 'na-twins' }, ...duplicates), open ? make('div', {}, leave) : null) : null,
    open ? data.small : null);
  empty(find('#na-report'),
    make('header', { class: 'na-stack', style: 'gap:8px' }, make('h1', { say: [open ? 'data.ready' : 'data.learned', { n: report.count }] }), make('p', { class: 'na-lead', say: open ? 'data.ready.lead' : 'data.learned.lead' })),
    facts,
    make('div', { class: 'na-report' },
      make('figure', { class: 'na-stack na-sheet' }, make('div', { class: 'na-frame' }, make('img', { src: report.sheet, alt: say('data.sheet.alt', { n: report.count }) })), make('figcaption', { class: 'na-note', say: 'data.sheet' })),
      column),
    make('div', { class: 'na-next' }, make('span', { class: 'na-note', say: open ? 'data.next.note' : 'data.fixed' }),
      button(open ? 'data.next' : 'explore.totrain', () => goto('train'), { look: 'na-first na-large', id: 'na-continue' })));
  const ticked = () => { leave.disabled = !find('#na-twins input:checked'); };
  if (duplicates.length) { find('#na-twins').addEventListener('change', ticked); ticked(); }
}

function duplicateCard(near) {
  const figure = (file, label, uri) => make('figure', {}, make('img', { src: uri, alt: '' }),
    make('label', {}, make('input', { type: 'checkbox', value: file, disabled: !canBring() }), make('span', {}, label)));
  return make('div', { class: 'na-twin' }, figure(near.original, near.original_name, near.original_picture), figure(near.file, near.name, near.picture));
}

async function refit(fit) {
  const run = current.run;
  if (!(await attempt('refit', { run, fit }))) return;
  await showReport();
  const again = find(`#na-report input[value="${fit}"]`);
  if (again) again.focus();
}

async function removePaintings() {
  const files = [...root.querySelectorAll('#na-twins input:checked')].map((box) => box.value);
  if (files.length && (await attempt('remove_paintings', { run: current.run, files }))) { await refresh(); await showReport(); }
}

window.addEventListener('beforeunload', (event) => { if (data.busy && !find('#na-work').hidden && find('#na-work-title').dataset.say === 'data.sending') event.preventDefault(); });
