/** What a strategy may use of the language itself. */
export const ALLOWED: ReadonlySet<string> = new Set([
  ...['undefined', 'NaN', 'Infinity', 'isFinite', 'isNaN', 'parseInt', 'parseFloat'],
  ...['Object', 'Array', 'Map', 'Set', 'WeakMap', 'WeakSet', 'String', 'Number', 'Boolean', 'BigInt', 'Symbol', 'Math', 'JSON', 'RegExp'],
  ...['Error', 'TypeError', 'RangeError', 'Iterator'],
]);

const CLOCK = 'a strategy has no clock: it waits by `after`, and the engine keeps the time';
const DICE = 'a strategy has no dice: the same facts must lead to the same state in every replay';
const WORLD = 'a strategy reaches nothing outside: what it wants of the world its states owe';
const CODE = 'a strategy makes no code of text';
const WAITING = 'deciding waits for nobody: a state waits, by `on` and by `after`';

/** Names that nothing declares, with the reason why they are not there. */
export const REASONS: Readonly<Record<string, string>> = {
  Date: CLOCK,
  performance: CLOCK,
  Temporal: CLOCK,
  setTimeout: CLOCK,
  setInterval: CLOCK,
  setImmediate: CLOCK,
  queueMicrotask: WAITING,
  Promise: WAITING,
  crypto: DICE,
  process: WORLD,
  global: WORLD,
  globalThis: WORLD,
  window: WORLD,
  self: WORLD,
  fetch: WORLD,
  console: WORLD,
  require: WORLD,
  module: WORLD,
  exports: WORLD,
  Buffer: WORLD,
  eval: CODE,
  Function: CODE,
  WebAssembly: CODE,
  Intl: 'what a language makes of a number or a text differs from machine to machine',
};

export const unknownName = (name: string): string => REASONS[name] ?? `there is no '${name}' in a strategy`;

/** Members that no object of a strategy may be asked for. */
export const MEMBERS: Readonly<Record<string, string>> = {
  constructor: CODE,
  __proto__: CODE,
  toLocaleString: REASONS.Intl ?? '',
  localeCompare: REASONS.Intl ?? '',
  toLocaleUpperCase: REASONS.Intl ?? '',
  toLocaleLowerCase: REASONS.Intl ?? '',
};

export const RANDOM = DICE;
export const AWAIT = WAITING;
export const DYNAMIC_IMPORT = 'a strategy imports by import lines alone';
export const MODULE_STATE = 'changes a variable of its module: what a strategy remembers is its `memory`';
export const ONLY_THE_KIT = "a strategy may import 'wharfinger/strategy' and files of its own folder, and nothing else";
