import { either as E } from 'fp-ts';
import type { Either } from 'fp-ts/lib/Either.js';
import type { StreamName, Uuid } from '../../../../domain/kernel/ids.ts';
import type { Appended, AppendFault, EventLog, StoredFact, WireFact } from '../../../../domain/kernel/ports.ts';
import { eventOf } from '../../wireEvent.ts';
import { explain, fencedBy } from './explain.ts';
import type { Wire } from './wire.ts';

/** How long an append is tried again, and how long one that the store took may take to come back, before it is given up, ms. */
const GIVE_UP_MS = 10_000;
/** When an append that was taken and has not come back is looked for in the mirror, ms at least, and in what appends take on average. */
const FIRST_LOOK_MS = 100;
const FIRST_LOOK_TIMES = 4;
/** Appends, more or less, that the average is over. */
const AVERAGED = 16;
const RETRY_MIN_MS = 50;
const RETRY_MAX_MS = 1_000;

type Answer = Either<AppendFault, Appended>;

export type AppendsOptions = {
  readonly wire: Pick<Wire, 'append'>;
  readonly mirror: Pick<EventLog, 'readStream'>;
  /** The highest term that the mirror has seen. */
  term(): number;
  /** Awaited before anything is sent, where it is something. */
  before?(): Promise<void> | undefined;
};

/** Appends under way: sent to the store, and answered when they come back from it in the order of all. */
export type Appends = {
  append(stream: StreamName, expected: number, facts: readonly WireFact[]): Promise<Answer>;
  own(id: Uuid): WireFact | undefined;
  onMirrored(facts: readonly StoredFact[], voids: ReadonlySet<Uuid>): void;
  /** Resolves when every append has its answer; those that come later are refused. */
  close(reason: string): Promise<void>;
  /** Whatever waits and whatever comes is answered so. */
  fail(reason: string): void;
};

type Pending = { readonly facts: readonly WireFact[]; left: number; isVoid: boolean; settle(answer: Answer): void };

export const createAppends = ({ wire, mirror, term, before }: AppendsOptions): Appends => {
  const facts = new Map<Uuid, { readonly fact: WireFact; readonly pending: Set<Pending> }>();
  /** The last append of each stream: one is under way at a time, for EventStoreDB takes them in no order. */
  const turns = new Map<StreamName, Promise<unknown>>();
  const awaited = new Set<{ readonly stream: StreamName; readonly revision: number; readonly resolve: () => void }>();
  const failing = new Set<(reason: string) => void>();
  let closed: string | undefined;
  /** What it takes on average until an append that was taken comes back, ms. */
  let usualMs = 0;

  const unavailable = (reason: string): Answer => E.left({ _tag: 'Unavailable', reason });

  const forget = (pending: Pending): void => {
    for (const { id } of pending.facts) {
      const known = facts.get(id);
      known?.pending.delete(pending);
      if (known?.pending.size === 0) facts.delete(id);
    }
  };

  /** What stands there already, if it is exactly this. */
  const standing = async (stream: StreamName, expected: number, proposed: readonly WireFact[]): Promise<Answer | undefined> => {
    const there = await mirror.readStream(stream, { from: expected + 1, max: proposed.length });
    if (there.length !== proposed.length || !there.every(({ id }, i) => id === proposed[i]?.id)) return undefined;
    for (const [i, fact] of proposed.entries()) Object.assign(fact, placeOf(there[i] as StoredFact));
    return E.right({ revision: expected + proposed.length, position: there.at(-1)?.position ?? 0 });
  };

  /** Resolves when the mirror has a revision of a stream, or is not going to. */
  const seen = async (stream: StreamName, revision: number): Promise<void> => {
    if (revision < 0) return;
    await new Promise<void>((resolve) => {
      const one = { stream, revision, resolve: () => done() };
      const timer = setTimeout(() => done(), GIVE_UP_MS);
      const done = (): void => {
        clearTimeout(timer);
        awaited.delete(one);
        resolve();
      };
      awaited.add(one);
      void mirror.readStream(stream, { from: revision, max: 1 }).then(
        (found) => found.length > 0 && done(),
        () => done(),
      );
    });
  };

  const send = async (stream: StreamName, expected: number, proposed: readonly WireFact[], back: Promise<Answer>): Promise<Answer> => {
    const began = performance.now();
    const events = proposed.map(eventOf);
    for (let wait = RETRY_MIN_MS; ; wait = Math.min(2 * wait, RETRY_MAX_MS)) {
      if (closed !== undefined) return unavailable(closed);
      try {
        await before?.();
        const answer = await wire.append(stream, expected, events);
        if (answer._tag === 'Appended') return comes(back, () => standing(stream, expected, proposed));
        await seen(stream, answer.actual);
        return E.left({ _tag: 'Conflict', stream, expected, actual: answer.actual });
      } catch (error) {
        const by = fencedBy(error);
        if (by !== undefined) return E.left({ _tag: 'Fenced', term: proposed[0]?.meta.term ?? 0, by });
        const { isPassing, text } = explain(error);
        if (!isPassing || performance.now() - began > GIVE_UP_MS) return unavailable(text);
        // It may stand there all the same; the same ids a second time are no second fact.
        const came = await Promise.race([back, rest(wait)]);
        if (came !== undefined) return came;
      }
    }
  };

  /** Comes back by itself, unless it stood there already: then it came long ago. */
  const comes = (back: Promise<Answer>, look: () => Promise<Answer | undefined>): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const began = performance.now();
      const again = (ms: number, otherwise: () => void): NodeJS.Timeout =>
        setTimeout(() => void look().then((found) => (found === undefined ? otherwise() : resolve(found)), reject), ms);
      let timer = again(Math.max(FIRST_LOOK_MS, FIRST_LOOK_TIMES * usualMs), () => {
        timer = again(GIVE_UP_MS, () => resolve(unavailable('the store has taken the append, and does not tell of it')));
      });
      void back.then((answer) => {
        clearTimeout(timer);
        usualMs += (performance.now() - began - usualMs) / AVERAGED;
        resolve(answer);
      });
    });

  const one = async (stream: StreamName, expected: number, proposed: readonly WireFact[]): Promise<Answer> => {
    if (closed !== undefined) return unavailable(closed);
    const lowest = Math.min(...proposed.map(({ meta }) => meta.term));
    if (lowest < term()) return (await standing(stream, expected, proposed)) ?? E.left({ _tag: 'Fenced', term: lowest, by: term() });
    let fail = (_: string): void => {};
    const back = new Promise<Answer>((settle) => {
      const pending: Pending = { facts: proposed, left: proposed.length, isVoid: false, settle };
      fail = (reason) => settle(unavailable(reason));
      failing.add(fail);
      for (const fact of proposed) {
        const known = facts.get(fact.id) ?? { fact, pending: new Set() };
        facts.set(fact.id, known);
        known.pending.add(pending);
      }
      pendings.set(proposed, pending);
    });
    try {
      return await Promise.race([back, send(stream, expected, proposed, back)]);
    } finally {
      failing.delete(fail);
      const pending = pendings.get(proposed);
      if (pending !== undefined) forget(pending);
      pendings.delete(proposed);
    }
  };
  const pendings = new Map<readonly WireFact[], Pending>();

  return {
    append: (stream, expected, proposed) => {
      const turn = (turns.get(stream) ?? Promise.resolve()).then(() => one(stream, expected, proposed));
      turns.set(stream, turn);
      return turn.finally(() => {
        if (turns.get(stream) === turn) turns.delete(stream);
      });
    },
    own: (id) => facts.get(id)?.fact,
    onMirrored: (mirrored, voids) => {
      for (const stored of mirrored) {
        for (const pending of facts.get(stored.id)?.pending ?? []) {
          pending.isVoid ||= voids.has(stored.id);
          if (--pending.left > 0) continue;
          for (const fact of pending.facts) if (fact.id === stored.id && fact !== stored) Object.assign(fact, placeOf(stored));
          pending.settle(
            pending.isVoid
              ? E.left({ _tag: 'Fenced', term: stored.meta.term, by: term() })
              : E.right({ revision: stored.revision, position: stored.position }),
          );
        }
      }
      if (awaited.size === 0) return;
      const reached = new Map(mirrored.map(({ stream, revision }) => [stream, revision]));
      for (const { stream, revision, resolve } of [...awaited]) if ((reached.get(stream) ?? -1) >= revision) resolve();
    },
    close: async (reason) => {
      await Promise.allSettled([...turns.values()]);
      closed ??= reason;
    },
    fail: (reason) => {
      closed = reason;
      for (const fail of [...failing]) fail(reason);
    },
  };
};

const placeOf = ({ stream, revision, position }: StoredFact): Pick<StoredFact, 'stream' | 'revision' | 'position'> => ({
  stream,
  revision,
  position,
});

const rest = (ms: number): Promise<undefined> => new Promise((resolve) => setTimeout(resolve, ms, undefined).unref());
