// The first picture is asked for before Gradio has started: when the stage is there, so is the picture.
import { exploration } from '#page/exploration';
import { same } from '#page/history';

const STAGE = 'stage', PAINT = 'ask_paint';
let asked = null;  // {run, position, answer}

/** Asks for the picture where the visit was left, unless that was at a step that shows none. Tells whether it did. */
export function askEarly({ run, step, language }, components = [], fetch = window.fetch) {
  const stage = components.find(({ props }) => props?.elem_id === STAGE);
  if (!run || !stage || !['', 'explore'].includes(step)) return false;
  exploration.open(run, stage.props.value.limits);
  const position = exploration.at;
  const answer = fetch('gradio_api/component_server', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      component_id: stage.id, fn_name: PAINT, session_hash: '', data: { run, position, language },
    }),
  }).then((found) => found.json());
  answer.catch(() => {});
  asked = { run, position: structuredClone(position), answer };
  return true;
}

/** The answer that is on its way for this request, if there is one; once. How far the server is cannot be told from it:
 * it left long before. */
export async function early({ run, position, fine }) {
  const found = asked;
  asked = null;
  if (!found || fine || found.run !== run || !same(found.position, position)) return null;
  const answer = await found.answer.catch(() => null);
  return answer?.picture ? { ...answer, took: NaN } : null;
}
