import { either as E } from 'fp-ts';
import type { Either } from 'fp-ts/lib/Either.js';
import type { StreamName } from '../../../domain/kernel/ids.ts';
import { type Appended, type AppendFault, type EventLog, NO_STREAM, type StoredFact, type WireFact } from '../../../domain/kernel/ports.ts';
import { requireAppendable } from '../requireAppendable.ts';
import { subscribersOf } from '../subscribers.ts';

/** What a simulation may do to one append. */
export type InjectedFault =
  | undefined
  /** The log can't write: nothing is kept. */
  | 'Unavailable'
  /** Someone else was quicker: nothing is kept. */
  | 'Conflict'
  /** The facts are kept and delivered, but the caller is told that the log is unavailable. */
  | 'LostAcknowledgement';

export type MemoryLogOptions = {
  /** What an earlier one has kept: the log as the next process finds it. */
  readonly from?: readonly StoredFact[];
  /** Asked before each append, with its number from 0. The append waits for the answer, so this is also where it is delayed. */
  readonly before?: (append: {
    readonly n: number;
    readonly stream: StreamName;
    readonly facts: readonly WireFact[];
  }) => InjectedFault | Promise<InjectedFault>;
};

/** The log of simulations: the same contract as the real ones, no disk, and faults on demand. */
export type MemoryLog = EventLog & {
  readonly facts: readonly StoredFact[];
  /** As if its process had been killed: nothing more is kept or delivered, waiting appends answer Unavailable. */
  kill(): void;
};

export const memoryLog = ({ before, from = [] }: MemoryLogOptions = {}): MemoryLog => {
  const facts: StoredFact[] = [...from];
  const streams = new Map<StreamName, StoredFact[]>();
  const waiting = new Set<Promise<unknown>>();
  let unavailable: string | undefined;
  let killed = false;
  let asked = 0;
  let term = from.at(-1)?.meta.term ?? 0;
  const historyOf = (stream: StreamName): StoredFact[] => {
    const known = streams.get(stream);
    if (known !== undefined) return known;
    const made: StoredFact[] = [];
    streams.set(stream, made);
    return made;
  };
  for (const fact of facts) historyOf(fact.stream).push(fact);
  const page = (after: number, upTo: number, max: number): StoredFact[] => facts.slice(after, Math.min(upTo, after + max));
  const subscribers = subscribersOf({ head: () => facts.length, read: async (after, upTo, max) => page(after, upTo, max) });

  const keep = (stream: StreamName, expected: number, proposed: readonly WireFact[]): Either<AppendFault, Appended> => {
    const history = streams.get(stream) ?? [];
    const actual = history.length + NO_STREAM;
    const there = history.slice(expected + 1, expected + 1 + proposed.length);
    if (actual > expected && there.length === proposed.length && there.every(({ id }, i) => id === proposed[i]?.id)) {
      for (const [i, fact] of proposed.entries())
        Object.assign(fact, { stream, revision: there[i]?.revision, position: there[i]?.position });
      return E.right({ revision: expected + proposed.length, position: there.at(-1)?.position ?? 0 });
    }
    let highest = term;
    for (const { meta } of proposed) {
      if (meta.term < highest) return E.left({ _tag: 'Fenced', term: meta.term, by: highest });
      highest = meta.term;
    }
    if (actual !== expected) return E.left({ _tag: 'Conflict', stream, expected, actual });
    const stored = proposed.map((fact, i) => Object.assign(fact, { stream, revision: expected + 1 + i, position: facts.length + 1 + i }));
    facts.push(...stored);
    historyOf(stream).push(...stored);
    term = highest;
    subscribers.deliver(stored);
    return E.right({ revision: expected + proposed.length, position: facts.length });
  };

  const append = async (stream: StreamName, expected: number, proposed: readonly WireFact[]): Promise<Either<AppendFault, Appended>> => {
    const fault = await before?.({ n: asked++, stream, facts: proposed });
    if (killed) return E.left({ _tag: 'Unavailable', reason: 'the log was killed' });
    if (fault === 'Unavailable') return E.left({ _tag: 'Unavailable', reason: 'injected' });
    if (fault === 'Conflict') return E.left({ _tag: 'Conflict', stream, expected, actual: expected + 1 });
    const answer = keep(stream, expected, proposed);
    return fault === 'LostAcknowledgement' ? E.left({ _tag: 'Unavailable', reason: 'injected: acknowledgement lost' }) : answer;
  };

  return {
    facts,
    append: async (stream, expected, proposed) => {
      requireAppendable(stream, proposed);
      if (unavailable !== undefined) return E.left({ _tag: 'Unavailable', reason: unavailable });
      const answer = append(stream, expected, proposed);
      waiting.add(answer);
      return answer.finally(() => waiting.delete(answer));
    },
    readStream: async (stream, { from: first = 0, max = Number.MAX_SAFE_INTEGER } = {}) =>
      (streams.get(stream) ?? []).slice(first, first + max),
    readAll: async ({ after, max }) => page(after, facts.length, max),
    head: () => facts.length,
    subscribe: subscribers.subscribe,
    close: async () => {
      unavailable ??= 'the log is closed';
      await Promise.all(waiting);
    },
    kill: () => {
      unavailable ??= 'the log was killed';
      killed = true;
    },
  };
};
