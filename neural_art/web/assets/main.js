// The page: head, three steps, the run that is open, and one light tick that keeps it true.

const STEPS = ['data', 'train', 'explore'];
const current = { run: null, status: null, step: 'data' };

const canBring = () => Boolean(current.run && current.status && ['empty', 'prepared'].includes(current.status.state));

function build() {
  root.append(
    make('a', { class: 'na-skip', href: '#na-main', say: 'skip' }),
    make('header', { class: 'na-head' },
      make('button', { type: 'button', class: 'na-mark', name: 'title', on: { click: () => goto('data') } }, 'neural', make('i', {}, 'art')),
      make('nav', { class: 'na-steps', name: 'steps' }, make('ol', {}, ...STEPS.map((step, index) => make('li', {}, make('button', { type: 'button', 'data-step': step, on: { click: () => goto(step) } }, make('span', { 'aria-hidden': 'true' }, String(index + 1)), make('span', { say: `step.${step}` })))))),
      make('div', { class: 'na-tools' },
        make('button', { type: 'button', class: 'na-button na-quiet', id: 'na-my-runs', name: 'runs.title', on: { click: showRuns } }, icon('list'), make('span', { class: 'na-word', say: 'runs.title' })),
        button('theme', turnTheme, { shape: 'moon', bare: true, look: 'na-quiet', id: 'na-theme' }),
        make('button', { type: 'button', class: 'na-button na-quiet', id: 'na-language', 'aria-label': 'English / 中文', lang: '', on: { click: () => { speak(language === 'en' ? 'zh' : 'en'); redraw(); } } }))),
    make('div', { class: 'na-title', hidden: true },
      make('input', { type: 'text', id: 'na-run-name', maxlength: 100, name: 'run.name', on: { change: renameRun, keydown: (event) => { if (event.key === 'Enter') event.target.blur(); } } }),
      make('span', { class: 'na-state', id: 'na-state' }), name(button('link.button', copyLink, { shape: 'link', look: 'na-quiet', id: 'na-link' }), 'link.button')),
    make('main', { id: 'na-main' }, ...STEPS.map((step) => make('section', { class: 'na-step', id: `na-${step}`, tabindex: '-1', name: `step.${step}` }))),
    make('p', { class: 'na-live na-unseen', role: 'status', 'aria-live': 'polite' }));
  buildData();
  buildTrain();
  buildExplore();
}

// ---- where one is -----------------------------------------------------------------------------------------------------

function goto(step) {
  if (!allowed(step)) return;
  const moved = current.step !== step;
  current.step = step;
  if (current.run) memory.set('step', { run: current.run, step });
  for (const each of STEPS) {
    find(`#na-${each}`).classList.toggle('na-here', each === step);
    const link = find(`[data-step=${each}]`);
    if (each === step) link.setAttribute('aria-current', 'step'); else link.removeAttribute('aria-current');
  }
  if (moved) { window.scrollTo({ top: 0 }); find(`#na-${step}`).focus({ preventScroll: true }); }
  if (step === 'explore') showExplore();
}

const allowed = (step) => step === 'data' || Boolean(current.status && (step === 'train' ? current.status.paintings : current.status.can_explore || !['empty', 'prepared'].includes(current.status.state)));

function address() {
  const url = new URL(location.href);
  if (current.run) url.searchParams.set('run', current.run); else url.searchParams.delete('run');
  history.replaceState(history.state, '', url);
}

/** Opens a run of this server: shows where it stands and goes to the step that matters. */
async function open(run, step = null) {
  let answer;
  try { answer = await call('tick', { run }); }
  catch (trouble) {
    if (!(trouble instanceof Refused)) throw trouble;
    if (trouble.code === 'run.unknown') forget(run);
    message(trouble.message);
    startOver();
    return;
  }
  current.run = run;
  remember(run);
  memory.set('run', run);
  address();
  unhang();
  Object.assign(explore, { ready: null });
  data.report = null;
  take(answer);
  const { state, paintings, can_explore: can } = current.status;
  goto(step && allowed(step) ? step : state === 'finished' && can ? 'explore' : ['empty', 'prepared'].includes(state) ? 'data' : 'train');
  if (paintings) showReport(); else showData();
  tickSoon(200);
  const bringing = await call('task', { run, task: 'uploads' }).catch(() => null);
  if (bringing && bringing.state === 'working' && !data.busy) { data.busy = true; await watchCheck(run).catch(() => {}); data.busy = false; }
}

async function openNew(title) {
  const { run } = await call('create', { name: title });
  current.run = run;
  remember(run);
  memory.set('run', run);
  address();
  unhang();
  Object.assign(explore, { ready: null });
  await refresh();
  goto('data');
  tickSoon(1000);
}

function startOver() {
  Object.assign(current, { run: null, status: null });
  memory.forget('run');
  address();
  unhang();
  Object.assign(explore, { ready: null });
  data.report = null;
  show(find('.na-title'), false);
  showData();
  steps();
  goto('data');
}

async function renameRun(event) {
  const field = event.target;
  if (!field.value.trim() || !(await attempt('rename', { run: current.run, name: field.value }))) field.value = current.status.name;
  await refresh();
}

// ---- the tick -----------------------------------------------------------------------------------------------------------

let timer = 0, ticking = false, away = 0;

function tickSoon(milliseconds) { clearTimeout(timer); timer = setTimeout(tick, milliseconds); }

const pace = () => (!current.status ? 5000 : current.status.state === 'training' ? 1000 : current.status.state === 'waiting' ? 2000 : 6000);

async function tick() {
  if (document.hidden || !current.run || ticking) { if (!document.hidden && current.run) tickSoon(500); return; }
  ticking = true;
  try { await refresh(); away = 0; }
  catch (trouble) { away++; console.error(trouble); }
  finally { ticking = false; }
  tickSoon(away ? Math.min(8000, 1000 * away) : pace());
}

/** Asks how the open run stands and shows it. */
async function refresh() {
  const run = current.run;
  if (!run) return;
  let answer;
  try { answer = await call('tick', { run, sample_grid_id: train.grid, step: current.status && current.status.id === run && train.series ? current.status.step : null, exploring: current.step === 'explore' }); }
  catch (trouble) {
    if (!(trouble instanceof Refused)) throw trouble;
    if (run === current.run) { message(trouble.message); if (trouble.code === 'run.unknown') forget(run); startOver(); }
    return;
  }
  if (run === current.run) take(answer);
}

function take(answer) {
  const before = current.status;
  current.status = answer.status;
  const { status } = current, title = find('#na-run-name');
  show(find('.na-title'), true);
  if (document.activeElement !== title) title.value = status.name;
  const state = find('#na-state');
  state.dataset.state = status.state;
  tell(state, status.state === 'training' ? 'state.training.share' : `state.${status.state}`, { share: Math.floor(100 * status.progress) });
  steps();
  drawTrain(status, answer);
  if (before && before.id === status.id && before.state !== status.state) {
    announce(`state.${status.state}`);
    if (data.report && ['empty', 'prepared'].includes(before.state) !== canBring()) drawReport();
  }
  if (current.step === 'explore') {
    showExplore();
    renewed(answer.version);
  }
}

function steps() { for (const step of STEPS) find(`[data-step=${step}]`).disabled = !allowed(step); }

/** After a change of language: what was written from numbers and by the server is written again. */
function redraw() {
  find('#na-language').replaceChildren(language === 'en' ? '中文' : 'English');
  train.tellMinutes();
  if (data.report) showReport();
  if (explore.ready) showControls();
  if (current.run) refresh().catch(() => {});
}

function turnTheme() {
  const dark = !document.body.classList.contains('dark');
  document.body.classList.toggle('dark', dark);
  memory.set('theme', dark ? 'dark' : 'light');
}

// ---- begin --------------------------------------------------------------------------------------------------------------

build();
steps();
speak(language);
redraw();
if (memory.get('theme') && !new URLSearchParams(location.search).has('__theme')) document.body.classList.toggle('dark', memory.get('theme') === 'dark');
document.addEventListener('visibilitychange', () => { if (!document.hidden) tickSoon(0); });
for (const event of ['dragover', 'drop']) window.addEventListener(event, (each) => each.preventDefault());  // a picture dropped beside the zone must not replace the page

(async () => {
  goto('data');
  const wanted = new URLSearchParams(location.search).get('run') || memory.get('run');
  const step = memory.get('step');
  while (wanted && !current.run) {
    try { await open(wanted, step && step.run === wanted ? step.step : null); break; }
    catch { await pause(1500); }  // the server starts again, perhaps
  }
  root.dataset.ready = 'yes';
})();
