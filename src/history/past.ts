import type { StreamName, Uuid } from '../domain/kernel/ids.ts';
import type { StoredFact } from '../domain/kernel/ports.ts';
import type { Recorded } from '../domain/kernel/recorded.ts';
import { ENGINE_LEASE, type LeaseFact } from '../domain/lease/lease.ts';
import type { FactReader } from '../domain/ports/factReader.ts';
import type { Past } from '../domain/ports/past.ts';
import type { PastIndex } from '../domain/ports/pastIndex.ts';
import type { Views } from '../domain/ports/views.ts';
import { type Decode, foldUpTo, openState } from './asOf/fold.ts';
import { growingViews } from './asOf/growing.ts';
import { viewsOver } from './asOf/views.ts';
import { requestsKey } from './indexing.ts';
import { createTail } from './tail.ts';

/** Moments whose views stay at hand: a page of a client asks for the same one several times. */
const VIEWS_KEPT_MAX = 4;
const PAGE = 2_048;

export type PastOptions = {
  readonly reader: FactReader;
  readonly index: PastIndex;
  /** @throws Error for a fact that nobody can read */
  readonly read: (stored: StoredFact) => Recorded;
  /** Boundaries whose kept parts are not used: everything is folded from zero. */
  readonly withoutParts?: boolean;
};

/** The past of a log with its index. A view as of a position is what was kept before it and the facts since, folded by the same functions as ever. */
export const createPast = ({ reader, index, read, withoutParts = false }: PastOptions): Past => {
  const unreadable = new Map<StreamName, string>();
  const decode: Decode = (stored, state) => {
    try {
      return read(stored);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      unreadable.set(stored.stream, why);
      state.giveUp(stored.stream, why);
      return undefined;
    }
  };
  const recorded = (stored: StoredFact | undefined): readonly Recorded[] => {
    const one = stored === undefined ? undefined : decode(stored, { giveUp: () => {} });
    return one === undefined ? [] : [one];
  };
  const tail = createTail(reader, index, (stored) => recorded(stored)[0]);
  const at = (position: number): Recorded | undefined => recorded(reader.fact(position))[0];
  const kept = new Map<number, Views>();
  const head = (): number => reader.head();

  const boundaryUpTo = (position: number): number => (withoutParts ? 0 : index.boundaryBefore(position));

  const views = (position: number): Views => {
    const there = kept.get(position);
    if (there !== undefined) {
      kept.delete(position);
      kept.set(position, there);
      return there;
    }
    const state = openState(reader, index, decode, boundaryUpTo(position));
    foldUpTo(state, reader, decode, position);
    const fresh = viewsOver(state, reader, position);
    kept.set(position, fresh);
    const [oldest] = kept.keys();
    if (kept.size > VIEWS_KEPT_MAX && oldest !== undefined) kept.delete(oldest);
    return fresh;
  };

  return {
    head,
    positionAt: reader.positionAt,
    fact: at,
    withId: (id) => {
      for (const position of [...index.positionsOf(id), ...tail.positionsOf(id)]) {
        const found = at(position);
        if (found?.id === id) return found;
      }
      return undefined;
    },
    causedBy: (id: Uuid, upTo = Number.MAX_SAFE_INTEGER) =>
      [...index.effectsOf(id, upTo), ...tail.effectsOf(id, upTo)]
        .flatMap((position) => at(position) ?? [])
        .filter(({ meta }) => meta.causationId === id),
    stream: (name, upTo = Number.MAX_SAFE_INTEGER) => reader.stream(name, upTo).flatMap(recorded),
    *between(after, upTo) {
      for (let from = after; from < upTo; ) {
        const page = reader.page(from, upTo, PAGE);
        const last = page.at(-1);
        if (last === undefined) return;
        for (const stored of page) yield* recorded(stored);
        from = last.position;
      }
    },
    streamsOf: (app, upTo = Number.MAX_SAFE_INTEGER) =>
      [...index.beginningsOf(app, upTo), ...tail.beginningsOf(app, upTo)].flatMap((position) => reader.fact(position)?.stream ?? []),
    requestsFor: (subject, upTo = Number.MAX_SAFE_INTEGER) =>
      [...index.beginningsOf(requestsKey(subject), upTo), ...tail.beginningsOf(requestsKey(subject), upTo)].flatMap(
        (position) => at(position) ?? [],
      ),
    isVoid: ({ position, meta }) =>
      reader
        .stream(ENGINE_LEASE, position - 1)
        .some((stored) => recorded(stored).some(({ fact }) => isHigherLease(fact as LeaseFact, meta.term))),
    unreadable: () => unreadable,
    views,
    boundaryBefore: boundaryUpTo,
    onward: (position) => {
      const state = openState(reader, index, decode, boundaryUpTo(position));
      foldUpTo(state, reader, decode, position);
      return { views: viewsOver(state, reader, position), fold: state.fold };
    },
    growing: (position) => {
      const state = openState(reader, index, decode, boundaryUpTo(position));
      foldUpTo(state, reader, decode, position);
      return growingViews(state, reader, position);
    },
  };
};

const isHigherLease = (fact: LeaseFact, term: number): boolean => fact.type === 'LeaseTaken' && fact.term > term;
