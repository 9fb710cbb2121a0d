// The words of the page as the browser gets them, for modules that say something.
import { readFileSync } from 'node:fs';

const FOLDER = new URL('../../neural_art/web/words/', import.meta.url);
const words = (language) => JSON.parse(readFileSync(new URL(`${language}.json`, FOLDER), 'utf8'));

export default { en: words('en'), zh: words('zh') };
