// How the page's JavaScript is checked: `npm run lint`.

import js from '@eslint/js';

// What the page uses of a browser. A list of our own, since the usual one holds `name`, `status`, `event`, `length`
// and the like, behind which a forgotten declaration hides.
const BROWSER = [
  'AbortController', 'Blob', 'CustomEvent', 'DOMException', 'Event', 'EventSource', 'File', 'FileReader', 'FormData',
  'Headers', 'Image', 'IntersectionObserver', 'MutationObserver', 'Path2D', 'ResizeObserver', 'URL', 'URLSearchParams',
  'XMLHttpRequest', 'atob', 'cancelAnimationFrame', 'clearInterval', 'clearTimeout', 'createImageBitmap', 'crypto',
  'customElements', 'document', 'fetch', 'getComputedStyle', 'localStorage', 'location', 'matchMedia', 'navigator',
  'performance', 'queueMicrotask', 'reportError', 'requestAnimationFrame', 'setInterval', 'setTimeout',
  'structuredClone', 'window',
];

const NODE = [
  'AbortController', 'Blob', 'DOMException', 'Event', 'Headers', 'URL', 'btoa', 'performance', 'setImmediate',
  'setTimeout', 'structuredClone',
];

const readable = (names) => Object.fromEntries(names.map((name) => [name, 'readonly']));

// In the browser a module is a data: URI: the import map has its name, but no path leads anywhere from there.
const NAMED = 'The browser knows modules by their names only: #page/<name>.';
const BY_NAME = { patterns: [{ regex: '^(?!#page/)', message: NAMED }] };

const TEXT = 'Text goes in as text (textContent, append), so that a file name cannot become markup.';
const AS_TEXT = [
  { selector: 'AssignmentExpression[left.property.name=/^(inner|outer)HTML$/]', message: TEXT },
  { selector: 'CallExpression[callee.property.name=/^(insertAdjacentHTML|setHTMLUnsafe|write)$/]', message: TEXT },
];

const MOUNT = {
  selector: 'Program:not(:has(ExportDefaultDeclaration > FunctionDeclaration[id.name="mount"]))',
  message: 'A component is `export default function mount({ element, props, trigger, server, watch })`.',
};

const RULES = {
  'array-callback-return': 'error',
  'consistent-return': 'error',
  'default-case-last': 'error',
  eqeqeq: 'error',
  'max-len': ['error', 120],
  'no-alert': 'error',
  'no-eval': 'error',
  'no-implied-eval': 'error',
  'no-lonely-if': 'error',
  'no-new-func': 'error',
  'no-param-reassign': 'error',
  'no-return-assign': 'error',
  'no-self-compare': 'error',
  'no-sequences': 'error',
  'no-shadow': 'error',
  'no-throw-literal': 'error',
  'no-unmodified-loop-condition': 'error',
  'no-unused-expressions': 'error',
  'no-use-before-define': ['error', { functions: false }],
  'no-useless-concat': 'error',
  'no-useless-return': 'error',
  'no-var': 'error',
  'object-shorthand': 'error',
  'prefer-const': 'error',
  'prefer-promise-reject-errors': 'error',
  'prefer-rest-params': 'error',
  'prefer-template': 'error',
  'require-await': 'error',
};

export default [
  js.configs.recommended,
  { rules: RULES, linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['neural_art/web/**/*.js'],
    languageOptions: { globals: readable(BROWSER) },
    rules: { 'no-restricted-imports': ['error', BY_NAME], 'no-restricted-syntax': ['error', ...AS_TEXT] },
  },
  {
    files: ['neural_art/web/components/*.js'],
    rules: { 'no-restricted-syntax': ['error', ...AS_TEXT, MOUNT] },
  },
  {
    files: ['tests/js/*.js'],
    languageOptions: { globals: readable(NODE) },
    rules: { 'require-await': 'off' }, // a stand-in for what answers later may answer at once
  },
];
