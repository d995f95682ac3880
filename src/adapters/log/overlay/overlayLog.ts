import { either as E } from 'fp-ts';
import type { Either } from 'fp-ts/lib/Either.js';
import type { StreamName } from '../../../domain/kernel/ids.ts';
import { type Appended, type AppendFault, type EventLog, NO_STREAM, type StoredFact, type WireFact } from '../../../domain/kernel/ports.ts';
import { ENGINE_LEASE } from '../../../domain/lease/lease.ts';
import type { PastLog } from '../../../domain/ports/past.ts';
import { requireAppendable } from '../requireAppendable.ts';
import { subscribersOf } from '../subscribers.ts';

/** What lies below an overlay: read up to a position and never written. */
export type OverlayBase = Pick<PastLog, 'stream' | 'between' | 'fact'>;

export type OverlayLog = EventLog & {
  /** What was appended here, behind the base. */
  readonly tail: readonly StoredFact[];
};

/**
 * A log that goes on in memory from a position of another one. Facts of the base behind that position are never seen, nothing is ever
 * written to it, and nothing of it is copied.
 */
export const overlayLog = (base: OverlayBase, position: number): OverlayLog => {
  const tail: StoredFact[] = [];
  const own = new Map<StreamName, StoredFact[]>();
  /** Length of a stream in the base, asked for once. */
  const lengths = new Map<StreamName, number>();
  let term = base.stream(ENGINE_LEASE, position).at(-1)?.meta.term ?? base.fact(position)?.meta.term ?? 0;
  let isClosed = false;
  const below = (name: StreamName): readonly StoredFact[] => base.stream(name, position) as unknown as readonly StoredFact[];
  const lengthOf = (name: StreamName): number => {
    const known = lengths.get(name);
    if (known !== undefined) return known;
    const length = below(name).length;
    lengths.set(name, length);
    return length;
  };
  const head = (): number => position + tail.length;
  const page = (after: number, upTo: number, max: number): StoredFact[] => {
    const facts: StoredFact[] = [];
    if (after < position)
      for (const recorded of base.between(after, Math.min(upTo, position))) {
        if (facts.length >= max) break;
        facts.push(recorded as unknown as StoredFact);
      }
    if (facts.length < max && upTo > position) {
      const from = Math.max(0, after - position);
      facts.push(...tail.slice(from, Math.min(upTo - position, from + max - facts.length)));
    }
    return facts;
  };
  const subscribers = subscribersOf({ head, read: async (after, upTo, max) => page(after, upTo, max) });
  const historyOf = (name: StreamName): readonly StoredFact[] => {
    const mine = own.get(name) ?? [];
    return lengthOf(name) === 0 ? mine : [...below(name), ...mine];
  };

  const keep = (stream: StreamName, expected: number, proposed: readonly WireFact[]): Either<AppendFault, Appended> => {
    const mine = own.get(stream) ?? [];
    const actual = lengthOf(stream) + mine.length + NO_STREAM;
    if (actual > expected) {
      const there = historyOf(stream).slice(expected + 1, expected + 1 + proposed.length);
      if (there.length === proposed.length && there.every(({ id }, nth) => id === proposed[nth]?.id))
        return E.right({ revision: expected + proposed.length, position: there.at(-1)?.position ?? 0 });
    }
    let highest = term;
    for (const { meta } of proposed) {
      if (meta.term < highest) return E.left({ _tag: 'Fenced', term: meta.term, by: highest });
      highest = meta.term;
    }
    if (actual !== expected) return E.left({ _tag: 'Conflict', stream, expected, actual });
    const first = head() + 1;
    const stored = proposed.map((fact, nth) => Object.assign(fact, { stream, revision: expected + 1 + nth, position: first + nth }));
    tail.push(...stored);
    mine.push(...stored);
    own.set(stream, mine);
    term = highest;
    subscribers.deliver(stored);
    return E.right({ revision: expected + proposed.length, position: head() });
  };

  return {
    tail,
    append: async (stream, expected, proposed) => {
      requireAppendable(stream, proposed);
      return isClosed ? E.left({ _tag: 'Unavailable', reason: 'the log is closed' }) : keep(stream, expected, proposed);
    },
    readStream: async (name, { from = 0, max = Number.MAX_SAFE_INTEGER } = {}) => historyOf(name).slice(from, from + max),
    readAll: async ({ after, max }) => page(after, head(), max),
    head,
    subscribe: subscribers.subscribe,
    close: async () => {
      isClosed = true;
    },
  };
};
