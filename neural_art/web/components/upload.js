// One upload after the other. The way of a file is in #page/uploading; here is the page's part: the requests, what a
// person sees and is asked, and the server's answer at the end.
import { receives } from '#page/bringing';
import { Refused, call } from '#page/calls';
import { pause } from '#page/dom';
import { announce, message } from '#page/messages';
import { nameOnDisk, send, sift, titleOf } from '#page/uploading';
import { say, spoken, whenSpoken } from '#page/words';

/** Uploads to Gradio's folder; a plain request, because `fetch` does not tell how far it is. */
function post(files, progress, token) {
  const form = new FormData();
  files.forEach(({ name, body }, index) => form.append('files', body, nameOnDisk(token, index, name)));
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    request.open('POST', new URL('gradio_api/upload', document.baseURI));
    request.setRequestHeader('Accept-Language', spoken());
    request.upload.addEventListener('progress', ({ loaded }) => progress(loaded));
    request.addEventListener('load', () => {
      const refused = request.getResponseHeader('X-Error-Code');  // by the gate, with a sentence
      if (refused && request.status !== 413) { failed(new Refused(request.responseText, refused)); return; }
      try {
        done({ status: request.status, paths: request.status === 200 ? JSON.parse(request.responseText) : [] });
      } catch (trouble) {
        failed(trouble);
      }
    });
    for (const event of ['error', 'abort', 'timeout']) {
      request.addEventListener(event, () => failed(new TypeError(event)));
    }
    request.send(form);
  });
}

export default function mount({ element, props, trigger, server, watch }) {
  const find = (selector) => element.querySelector(selector);
  const bar = find('.bar'), buttons = find('.row');
  const waiting = [];
  let job = null;  // {run, n, bytes, total, name, taken, trouble, settle, arrived}
  let answered = () => {};

  // ---- sending

  /** The run that files go to: the open one, or "" for a new one. */
  const target = () => (props.value.takes ? props.value.run : '');

  /** Why it does not go on by itself. */
  const stopped = () => job.trouble || say('data.stalled', { taken: job.taken, n: job.n });

  receives((selection) => {
    const { files, unread, refusal } = sift(selection, props.value.limits);
    if (refusal) { message(say(refusal.key, refusal.values)); return; }
    waiting.push({ run: target(), files, unread });
    if (job) message(say('data.queued'));
    else work();
  });

  async function work() {
    while (waiting.length) {
      const { run, files, unread } = waiting.shift();
      job = { run: run || target(), n: files.length || unread.length, bytes: 0, total: 0, name: '', taken: 0 };
      draw();
      try {
        await upload(files, unread);
      } catch (trouble) {
        message(say('server.failed'));
        reportError(trouble);
      }
      job = null;
      draw();
    }
  }

  async function upload(files, unread) {
    const token = [...crypto.getRandomValues(new Uint32Array(2))].join('');
    const title = titleOf(files.map(({ name }) => name)) || say('run.untitled');
    let batch = 0;
    const outcome = await send({ files, unread }, {
      post: (part, progress) => post(part, progress, `${token}-${batch++}`),
      take: async (details) => {
        const answer = await call(server, 'take', { run: job.run, name: title, ...details });
        if (!job.run && details.files.length < files.length) trigger('begun', { run: answer.run });
        job.run = answer.run;
        return answer;
      },
      tell: (news) => { Object.assign(job, news); draw(); },
      ask: (trouble) => new Promise((settle) => {
        job.trouble = trouble instanceof Refused ? trouble.message : null;
        job.settle = settle;
        draw();
        if (buttons.hidden) message(stopped());  // another run is open
        else find('.go-on').focus();
      }),
      again: (trouble) => !(trouble instanceof Refused) || trouble.code === 'run.upload-missing',
      wait: pause,
    });
    if (outcome && outcome.taken === outcome.sent) await hand();
    else {
      message(say('data.lost', { taken: outcome ? outcome.taken : job.taken, n: files.length }));
      if (job.run) await hand('begun');  // what has arrived is offered
    }
  }

  /** Tells the server that all has arrived, and waits for what it says: every value that it sends is an answer. */
  function hand(event = 'arrived') {
    job.arrived = event === 'arrived';
    draw();
    return new Promise((done) => {
      answered = done;
      props.value = { ...props.value, asked: true };
      trigger(event, { run: job.run });
    });
  }

  function decide(goOn) {
    const { settle } = job;
    Object.assign(job, { settle: null, trouble: null });
    draw();
    settle(goOn);
  }
  find('.go-on').addEventListener('click', () => decide(true));
  find('.stop').addEventListener('click', () => decide(false));
  window.addEventListener('online', () => { if (job?.settle && !job.trouble) decide(true); });
  window.addEventListener('beforeunload', (event) => { if (job && !job.arrived) event.preventDefault(); });

  // ---- shown

  function write(title, share, name, trouble = '') {
    for (const [place, text] of [[find('h2'), title], [find('.name'), name], [find('.stopped p'), trouble]]) {
      if (place.textContent !== text) place.textContent = text;
    }
    bar.classList.toggle('unsure', share === null);
    if (share === null) bar.removeAttribute('aria-valuenow');
    else bar.setAttribute('aria-valuenow', Math.round(100 * share));
    bar.firstChild.style.transform = `scaleX(${share ?? 0.3})`;
  }

  function draw() {
    const { run = '', task = null } = props.value || {};
    const mine = job && (!job.run || !run || job.run === run);
    const checking = task && (task.total ? say('data.checking', { n: task.total }) : say('data.checking.all'));
    if (mine && !job.arrived) {
      const share = job.total ? Math.min(1, job.bytes / job.total) : null;
      write(say('data.sending', { n: job.n }), share, job.name, job.settle ? stopped() : '');
    } else if (task) {
      const title = task.stage === 'painting' ? say('data.painting') : checking;
      write(title, task.total ? task.done / task.total : null, task.name);
    } else if (mine) write(say('data.checking.all'), null, '');
    buttons.hidden = !(mine && job.settle);
    element.classList.toggle('busy', Boolean(mine || task));
    element.hidden = !(mine || task);
  }

  function speak() {
    bar.setAttribute('aria-label', say('data.progress'));
    find('.go-on').textContent = say('data.go-on');
    find('.stop').textContent = say('data.stop');
    draw();
  }
  whenSpoken(speak);
  let checking = false;
  watch('value', () => {
    const { task, ready, asked } = props.value;
    if (!asked) answered();
    if (checking && !task && ready) announce(say('data.ready', { n: ready }));
    checking = Boolean(task);
    draw();
  });
  speak();
}
