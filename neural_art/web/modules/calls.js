// Calls to the functions that Python serves to a component: answered, or refused with a sentence.
// Requests that get no answer are tried again below, in #page/connection, for these calls as for Gradio's events.
import { message } from '#page/messages';
import { say, spoken } from '#page/words';

/** What the server refused: `message` is a sentence for the person, `code` names the reason. */
export class Refused extends Error {
  constructor(sentence, code = '') {
    super(sentence);
    this.code = code;
  }
}

/** The answer of `server.ask_<name>(details)`. Throws `Refused`, also where an answer is none. */
export async function call(server, name, details = {}) {
  const answer = await server[`ask_${name}`]({ ...details, language: spoken() });
  if (!answer || typeof answer !== 'object') throw new Refused(say('server.failed'));
  if (answer.error) throw new Refused(answer.error, answer.code);
  return answer;
}

/** As `call`; what is refused is said to the person, and the answer is null. */
export async function attempt(server, name, details) {
  try {
    return await call(server, name, details);
  } catch (trouble) {
    message(trouble instanceof Refused ? trouble.message : say('server.failed'));
    return null;
  }
}
