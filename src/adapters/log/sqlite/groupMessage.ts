import type { StreamName } from '../../../domain/kernel/ids.ts';
import type { AppendFault, WireFact } from '../../../domain/kernel/ports.ts';
import type { Metadata } from '../../../domain/kernel/recorded.ts';

/**
 * Appends on their way to the log thread, and their outcomes on the way back. Everything that waits goes as one flat array of
 * strings and numbers: structured clone copies that at a third of the cost of the objects (measured with groups of 64 and 1,600).
 */
export type AppendRequest = { readonly stream: StreamName; readonly expected: number; readonly facts: readonly WireFact[] };

export type PackedGroup = readonly (string | number | undefined)[];

/** What became of one append. `revision` and `positions` are those of its facts in order; only a repeat can have gaps in them. */
export type Outcome =
  | { readonly _tag: 'Written'; readonly revision: number; readonly position: number }
  | { readonly _tag: 'AlreadyThere'; readonly revision: number; readonly positions: readonly number[] }
  | AppendFault;

export const packGroup = (appends: readonly AppendRequest[]): PackedGroup => {
  const flat: (string | number | undefined)[] = [appends.length];
  for (const { stream, expected, facts } of appends) {
    flat.push(stream, expected, facts.length);
    for (const { id, type, data, meta } of facts) {
      flat.push(id, type, data, meta.correlationId, meta.causationId, meta.by, meta.at, meta.term, meta.state, meta.owes);
      flat.push(meta.due, meta.chart, meta.traceparent);
    }
  }
  return flat;
};

export const unpackGroup = (flat: PackedGroup): AppendRequest[] => {
  let at = 1;
  const text = (): string => flat[at++] as string;
  const number = (): number => flat[at++] as number;
  return Array.from({ length: flat[0] as number }, () => {
    const stream = text();
    const expected = number();
    const facts: WireFact[] = [];
    for (let left = number(); left > 0; left--) {
      const fact = { id: text(), type: text(), data: text() };
      // Every key is there, perhaps as undefined: one shape keeps the hot path quick. These objects never leave the thread.
      const meta = {
        correlationId: text(),
        causationId: text(),
        by: text(),
        at: number(),
        term: number(),
        state: text(),
        owes: text(),
        due: flat[at++],
        chart: flat[at++],
        traceparent: flat[at++],
      } as Metadata;
      facts.push({ ...fact, meta });
    }
    return { stream, expected, facts };
  });
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
