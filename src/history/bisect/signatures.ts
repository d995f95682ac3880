import { BOOL, DOUBLE, DURATION, goesWith, INT, isNumber, isPlain, nameOf, STRING, TIMESTAMP, type Type } from './types.ts';

/** The result of a call, whether whole numbers among its arguments have to become fractional ones first, or what is wrong. */
export type Called = { readonly type: Type; readonly widen?: true } | { readonly wrong: string };

type Signature = (args: readonly Type[]) => Called | undefined;

const fixed =
  (args: readonly Type[], type: Type): Signature =>
  (given) =>
    given.length === args.length && given.every((each, place) => goesWith(each, args[place] as Type)) ? { type } : undefined;

const anyOf =
  (...signatures: readonly Signature[]): Signature =>
  (args) => {
    for (const signature of signatures) {
      const called = signature(args);
      if (called !== undefined) return called;
    }
    return undefined;
  };

const numbers: Signature = ([a, b]) => {
  if (a === undefined || b === undefined || !isNumber(a) || !isNumber(b)) return undefined;
  return a.kind === b.kind ? { type: a } : { type: DOUBLE, widen: true };
};

const lists: Signature = ([a, b]) =>
  a?.kind === 'list' && b?.kind === 'list' && goesWith(a, b) ? { type: a.of.kind === 'any' ? b : a } : undefined;

const equality: Signature = ([a, b]) => {
  if (a === undefined || b === undefined) return undefined;
  if (a.kind === 'null' || b.kind === 'null') return { wrong: 'nothing here is ever null: ask has(row.field) whether a row has a field' };
  if (!isPlain(a) || !isPlain(b)) return { wrong: 'lists and rows are compared by what is in them, such as their size or a field' };
  return goesWith(a, b) || (isNumber(a) && isNumber(b)) ? { type: BOOL } : undefined;
};

const ORDERED: ReadonlySet<Type['kind']> = new Set(['bool', 'string', 'timestamp', 'duration']);
const order: Signature = ([a, b]) =>
  a !== undefined && b !== undefined && ((isNumber(a) && isNumber(b)) || (a.kind === b.kind && ORDERED.has(a.kind)))
    ? { type: BOOL }
    : undefined;

const membership: Signature = ([one, all]) => {
  if (one === undefined || all === undefined) return undefined;
  if (all.kind === 'list') return equality([one, all.of]);
  return (all.kind === 'map' || all.kind === 'table') && goesWith(one, STRING) ? { type: BOOL } : undefined;
};

const size: Signature = ([of]) => (of !== undefined && ['string', 'list', 'map', 'table'].includes(of.kind) ? { type: INT } : undefined);

const cast =
  (kinds: readonly Type['kind'][], type: Type): Signature =>
  ([from, ...more]) =>
    more.length === 0 && from !== undefined && kinds.includes(from.kind) ? { type } : undefined;

/** What may be called without a target, operators included. */
export const FUNCTIONS: Readonly<Record<string, Signature>> = {
  '_&&_': fixed([BOOL, BOOL], BOOL),
  '_||_': fixed([BOOL, BOOL], BOOL),
  '!_': fixed([BOOL], BOOL),
  '@not_strictly_false': fixed([BOOL], BOOL),
  '_==_': equality,
  '_!=_': equality,
  '_<_': order,
  '_<=_': order,
  '_>_': order,
  '_>=_': order,
  '@in': membership,
  '_+_': anyOf(
    numbers,
    fixed([STRING, STRING], STRING),
    fixed([TIMESTAMP, DURATION], TIMESTAMP),
    fixed([DURATION, TIMESTAMP], TIMESTAMP),
    fixed([DURATION, DURATION], DURATION),
    lists,
  ),
  '_-_': anyOf(
    numbers,
    fixed([TIMESTAMP, TIMESTAMP], DURATION),
    fixed([TIMESTAMP, DURATION], TIMESTAMP),
    fixed([DURATION, DURATION], DURATION),
  ),
  '_*_': numbers,
  '_/_': numbers,
  '_%_': fixed([INT, INT], INT),
  '-_': anyOf(fixed([INT], INT), fixed([DOUBLE], DOUBLE)),
  size,
  int: cast(['int', 'double', 'string', 'timestamp'], INT),
  double: cast(['int', 'double', 'string'], DOUBLE),
  string: cast(['bool', 'int', 'double', 'string', 'timestamp', 'duration'], STRING),
  duration: cast(['string', 'duration'], DURATION),
  timestamp: cast(['string', 'timestamp', 'int'], TIMESTAMP),
};

const part = anyOf(fixed([TIMESTAMP], INT), fixed([TIMESTAMP, STRING], INT));
const partOrAmount = anyOf(part, fixed([DURATION], INT));
const textTest = fixed([STRING, STRING], BOOL);

/** What may be called on a target, which is the first argument here. */
export const METHODS: Readonly<Record<string, Signature>> = {
  size,
  contains: textTest,
  startsWith: textTest,
  endsWith: textTest,
  matches: textTest,
  getFullYear: part,
  getMonth: part,
  getDate: part,
  getDayOfMonth: part,
  getDayOfWeek: part,
  getDayOfYear: part,
  getHours: partOrAmount,
  getMinutes: partOrAmount,
  getSeconds: partOrAmount,
  getMilliseconds: partOrAmount,
};

/** Macros, which are no functions by the time they are checked. */
export const MACROS: readonly string[] = ['all', 'exists', 'exists_one', 'filter', 'map', 'has'];

const SYMBOL = /^_?([^_a-z]+|[^_]+)_$/i;
/** `_>=_` as people write it. */
export const writtenAs = (name: string): string => (name === '@in' ? 'in' : (SYMBOL.exec(name)?.[1] ?? name));

export const listedTypes = (args: readonly Type[]): string => args.map(nameOf).join(' and ');
