import type { StreamName } from '../../../domain/kernel/ids.ts';
import type { AppendFault, WireFact } from '../../../domain/kernel/ports.ts';
import type { Metadata } from '../../../domain/kernel/recorded.ts';

/**
 * Appends on their way to the log thread, and their outcomes on the way back. Structured clone takes its time for each object and each text, so
 * all that waits goes as one text, which is cut by lengths, and one array of numbers; words that come again and again are sent once.
 */
export type AppendRequest = { readonly stream: StreamName; readonly expected: number; readonly facts: readonly WireFact[] };

export type PackedGroup = {
  /** Of each append. Texts of their own, since the log thread keeps them, and part of a text keeps all of it. */
  readonly streams: readonly string[];
  /** Words that were not sent before: types, principals, states, kinds of effect, charts. */
  readonly words: readonly string[];
  /** What else is text, one behind the other. */
  readonly text: string;
  /** For each append its expected revision and how many facts it has; for each fact see `packFact`. */
  readonly numbers: Float64Array<ArrayBuffer>;
};

/** Number of a word, or length of a text, that is not there. */
const ABSENT = -1;
/** Length of a text that is the one before it: what follows from one fact names the same cause. */
const SAME = -2;
const INITIAL_NUMBERS = 16_384;
const NUMBERS_PER_APPEND = 2;
const NUMBERS_PER_FACT = 13;

/** What became of one append. `revision` and `positions` are those of its facts in order; only a repeat can have gaps in them. */
export type Outcome =
  | { readonly _tag: 'Written'; readonly revision: number; readonly position: number }
  | { readonly _tag: 'AlreadyThere'; readonly revision: number; readonly positions: readonly number[] }
  | AppendFault;

/** Packs one group after the other for one thread, which unpacks them in that order. */
export const groupPacker = (): ((appends: readonly AppendRequest[]) => PackedGroup) => {
  const known = new Map<string, number>();
  let numbers = new Float64Array(INITIAL_NUMBERS);
  return (appends) => {
    const streams: string[] = [];
    const words: string[] = [];
    const texts: string[] = [];
    let at = 0;
    let correlation = '';
    let causation = '';
    const word = (text: string | undefined): number => {
      if (text === undefined) return ABSENT;
      let number = known.get(text);
      if (number === undefined) {
        number = known.size;
        known.set(text, number);
        words.push(text);
      }
      return number;
    };
    const length = (text: string | undefined, before?: string): number => {
      if (text === undefined) return ABSENT;
      if (text === before) return SAME;
      texts.push(text);
      return text.length;
    };
    for (const { stream, expected, facts } of appends) {
      streams.push(stream);
      const needed = at + NUMBERS_PER_APPEND + facts.length * NUMBERS_PER_FACT;
      if (needed > numbers.length) numbers = larger(numbers, needed);
      numbers[at++] = expected;
      numbers[at++] = facts.length;
      for (const { id, type, data, meta } of facts) {
        numbers[at++] = length(id);
        numbers[at++] = word(type);
        numbers[at++] = length(data);
        numbers[at++] = length(meta.correlationId, correlation);
        numbers[at++] = length(meta.causationId, causation);
        numbers[at++] = word(meta.by);
        numbers[at++] = meta.at;
        numbers[at++] = meta.term;
        numbers[at++] = word(meta.state);
        numbers[at++] = word(meta.owes);
        numbers[at++] = meta.due ?? Number.NaN;
        numbers[at++] = word(meta.chart);
        numbers[at++] = length(meta.traceparent);
        correlation = meta.correlationId;
        causation = meta.causationId;
      }
    }
    return { streams, words, text: texts.join(''), numbers: numbers.slice(0, at) };
  };
};

const larger = (numbers: Float64Array<ArrayBuffer>, needed: number): Float64Array<ArrayBuffer> => {
  const grown = new Float64Array(Math.max(numbers.length * 2, needed));
  grown.set(numbers);
  return grown;
};

/** Unpacks the groups of one packer, in the order in which it packed them. */
export const groupUnpacker = (): ((group: PackedGroup) => AppendRequest[]) => {
  const known: string[] = [];
  return ({ streams, words, text, numbers }) => {
    for (const each of words) known.push(each);
    let at = 0;
    let from = 0;
    let correlationId = '';
    let causationId = '';
    const number = (): number => numbers[at++] as number;
    const textOr = (same?: string): string | undefined => {
      const length = number();
      if (length === ABSENT) return undefined;
      if (length === SAME) return same;
      from += length;
      return text.slice(from - length, from);
    };
    const word = (): string | undefined => known[number()];
    return streams.map((stream) => {
      const expected = number();
      const facts: WireFact[] = [];
      for (let left = number(); left > 0; left--) {
        const id = textOr() as string;
        const type = word() as string;
        const data = textOr() as string;
        correlationId = textOr(correlationId) as string;
        causationId = textOr(causationId) as string;
        const by = word();
        const [atInstant, term] = [number(), number()];
        const [state, owes] = [word(), word()];
        const due = number();
        // Every key is there, perhaps as undefined: one shape keeps the hot path quick. These objects never leave the thread.
        const meta = {
          correlationId,
          causationId,
          by,
          at: atInstant,
          term,
          state,
          owes,
          due: Number.isNaN(due) ? undefined : due,
          chart: word(),
          traceparent: textOr(),
        } as Metadata;
        facts.push({ id, type, data, meta });
      }
      return { stream, expected, facts };
    });
  };
};

export type PackedOutcomes = readonly (number | readonly number[])[];

const WRITTEN = 0;
const ALREADY_THERE = 1;
const CONFLICT = 2;
const FENCED = 3;

/** Three entries for each outcome. A fault of the whole group travels beside it, see `LogThreadAnswer`. */
export const packOutcomes = (outcomes: readonly Exclude<Outcome, { _tag: 'Unavailable' }>[]): PackedOutcomes => {
  const flat: (number | readonly number[])[] = [];
  for (const outcome of outcomes) {
    if (outcome._tag === 'Written') flat.push(WRITTEN, outcome.revision, outcome.position);
    else if (outcome._tag === 'AlreadyThere') flat.push(ALREADY_THERE, outcome.revision, outcome.positions);
    else if (outcome._tag === 'Conflict') flat.push(CONFLICT, outcome.actual, 0);
    else flat.push(FENCED, outcome.by, outcome.term);
  }
  return flat;
};

export const unpackOutcome = (flat: PackedOutcomes, index: number, { stream, expected }: AppendRequest): Outcome => {
  const tag = flat[index * 3];
  const first = flat[index * 3 + 1] as number;
  const second = flat[index * 3 + 2];
  if (tag === WRITTEN) return { _tag: 'Written', revision: first, position: second as number };
  if (tag === ALREADY_THERE) return { _tag: 'AlreadyThere', revision: first, positions: second as readonly number[] };
  if (tag === CONFLICT) return { _tag: 'Conflict', stream, expected, actual: first };
  return { _tag: 'Fenced', term: second as number, by: first };
};

/** From the log thread: how it opened, then one answer for each transaction, in the order of the appends. */
export type LogThreadAnswer =
  | { readonly _tag: 'Opened'; readonly head: number; readonly term: number }
  | { readonly _tag: 'Failed'; readonly reason: string }
  | { readonly _tag: 'Committed'; readonly outcomes: PackedOutcomes; readonly cpuMicros: number }
  | { readonly _tag: 'RolledBack'; readonly appends: number; readonly reason: string; readonly cpuMicros: number }
  | { readonly _tag: 'Closed' };

export type LogThreadRequest = PackedGroup | 'close';
