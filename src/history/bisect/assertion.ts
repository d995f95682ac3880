import {
  type CelEnv,
  type CelInput,
  type CelList,
  CelScalar,
  celEnv,
  celFunc,
  celList,
  isCelError,
  listType,
  mapType,
  parse,
  plan,
} from '@bufbuild/cel';
import { either as E } from 'fp-ts';
import type { Instant } from '../../domain/kernel/units.ts';
import type { BisectRefusal } from '../../domain/ports/bisect.ts';
import type { Views } from '../../domain/ports/views.ts';
import { APPEND, checkExpression, type Expr, ExpressionError, KEYS, partsOf, ROWS } from './check.ts';
import { documentOf, type Meter, type Reading } from './document.ts';
import { nameOf } from './types.ts';

/** Longest expression, characters. */
export const MAX_EXPRESSION_LENGTH = 4_096;
/** Longest text that an expression may put together, characters. */
export const MAX_TEXT_LENGTH = 4_096;
/** Parts of the expression that the macros of one search may evaluate: some ten seconds. */
export const MAX_STEPS = 100_000_000;

/** `untold`: why an evaluation came to no answer, which counts as failing. */
export type Verdict = { readonly holds: boolean; readonly untold?: string };

export type Assertion = {
  /** Nouns of the streams whose facts can change the answer. */
  readonly nouns: ReadonlySet<string>;
  /** It reads `now` or `position`, which every fact changes. */
  readonly byTime: boolean;
  /** Parts of the expression that all evaluations together went through. */
  spent(): number;
  /** @param at when the last fact was recorded @returns left: all evaluations together took too much */
  evaluate(views: Views, position: number, at: Instant): E.Either<BisectRefusal, Verdict>;
};

/** @returns left: where the expression is wrong */
export const compileAssertion = (text: string, maxSteps = MAX_STEPS): E.Either<BisectRefusal, Assertion> => {
  const refused = (message: string, offset: number) => E.left({ kind: 'expression', message, column: offset + 1 } as const);
  if (text.length > MAX_EXPRESSION_LENGTH) return refused(`it is longer than ${MAX_EXPRESSION_LENGTH} characters`, MAX_EXPRESSION_LENGTH);
  const parsed = parsedOf(text);
  if ('problem' in parsed) return refused(parsed.problem, parsed.offset);
  const offsetOf = (id: bigint | undefined): number => {
    const offset = parsed.sourceInfo?.positions[String(id)] ?? 0;
    // An operator's place begins with the space before it.
    return offset + (/^\s*/.exec(text.slice(offset))?.[0].length ?? 0);
  };
  const named = { names: new Set<string>(), nouns: new Set<string>() };
  const meter: Meter = { left: maxSteps };
  try {
    const { type, expr } = checkExpression(parsed.expr as Expr, named);
    if (type.kind !== 'bool') return refused(`it must say something that is true or false, and this is ${nameOf(type)}`, 0);
    const parts = partsOf(expr);
    const planned = plan(environment(meter), expr);
    return E.right({
      nouns: named.nouns,
      byTime: named.names.has('now') || named.names.has('position'),
      spent: () => maxSteps - meter.left,
      evaluate: (views, position, at) => {
        meter.left -= parts;
        const reading: Reading = {};
        const answer = planned(documentOf(named.names, { views, position, at }, reading, meter));
        if (reading.failure !== undefined) throw reading.failure;
        if (meter.left <= 0)
          return E.left({
            kind: 'limit',
            message: `the search evaluated more than ${maxSteps} parts of the expression: narrow the interval or the expression`,
          });
        if (!isCelError(answer)) return E.right({ holds: answer === true });
        return E.right({ holds: false, untold: `${answer.message} (character ${offsetOf(answer.exprId) + 1} of the expression)` });
      },
    });
  } catch (error) {
    if (error instanceof ExpressionError) return refused(error.message, offsetOf(error.id));
    if (error instanceof RangeError) return refused(TOO_DEEP, 0);
    throw error;
  }
};

const TOO_DEEP = 'it is nested too deeply';

type Parsed = ReturnType<typeof parse>;

const parsedOf = (text: string): Parsed | { readonly problem: string; readonly offset: number } => {
  try {
    return parse(text);
  } catch (error) {
    const { location, message } = error as Error & { readonly location?: { readonly start: { readonly offset: number } } };
    if (error instanceof RangeError) return { problem: TOO_DEEP, offset: 0 };
    if (location === undefined) return { problem: message, offset: 0 };
    return { problem: message.replace(/^.*?<input>:\d+:\d+: /, 'not understood: '), offset: location.start.offset };
  }
};

const LIST = listType(CelScalar.DYN);
const MAP = mapType(CelScalar.DYN, CelScalar.DYN);
const { DYN, INT, STRING } = CelScalar;

/** Hands out elements as long as there is something left: then every loop ends, however deep it stands. */
class Counted extends Array<CelInput> {
  readonly #elements: Iterable<CelInput>;
  readonly #cost: number;
  readonly #meter: Meter;
  constructor(elements: Iterable<CelInput>, cost: number, meter: Meter) {
    super();
    this.#elements = elements;
    this.#cost = cost;
    this.#meter = meter;
  }
  override *values(): ArrayIterator<CelInput> {
    for (const element of this.#elements) {
      if (this.#meter.left <= 0) return;
      this.#meter.left -= this.#cost;
      yield element;
    }
  }
}

const joined = (a: string, b: string): string => {
  if (a.length + b.length > MAX_TEXT_LENGTH) throw new Error(`a text grew longer than ${MAX_TEXT_LENGTH} characters`);
  return a + b;
};

const environment = (meter: Meter): CelEnv => {
  const growing = new WeakMap<CelList, CelInput[]>();
  const append = (list: CelList, element: CelInput): CelList => {
    const array = growing.get(list);
    if (array !== undefined) {
      array.push(element);
      return list;
    }
    const begun: CelInput[] = [...list, element];
    const made = celList(begun);
    growing.set(made, begun);
    return made;
  };
  const counted = (elements: Iterable<CelInput>, cost: bigint): CelList => celList(new Counted(elements, Number(cost), meter));
  return celEnv({
    funcs: [
      celFunc(ROWS, [LIST, INT], LIST, counted),
      celFunc(ROWS, [MAP, INT], LIST, (map, cost) => counted(map.values(), cost)),
      celFunc(KEYS, [MAP, INT], LIST, (map, cost) => counted(map.keys() as Iterable<CelInput>, cost)),
      celFunc(APPEND, [LIST, DYN], LIST, append),
      celFunc('_+_', [STRING, STRING], STRING, joined),
    ],
  });
};
