import { either as E } from 'fp-ts';
import type { StreamName, Uuid } from '../../../../domain/kernel/ids.ts';
import type { EventLog, StoredFact, WireFact } from '../../../../domain/kernel/ports.ts';
import { factOf, strangeFact } from '../../wireEvent.ts';
import type { MirrorPlace, PlaceFile } from './mirrorPlace.ts';
import type { Followed, ReadEvent } from './wire.ts';

/** Events that go into the mirror as one commit, so that all of them are in it or none: they keep the store's order. */
const BATCH_MAX = 5_000;
/** Events that wait at which the store is asked to pause, and at which to go on. */
const PAUSE_AT = 20_000;
const RESUME_AT = 5_000;
/** How often the place is written down at most, ms. */
const SAVE_EVERY_MS = 1_000;
/** How long a mirror that can't be written (a full disk) is left alone, ms. */
const MIRROR_RETRY_MS = 500;

export type FeedOptions = {
  readonly mirror: Pick<EventLog, 'append' | 'head'>;
  readonly places: PlaceFile;
  readonly place: MirrorPlace | undefined;
  /** The fact object of this process's own append, so that it is delivered as the same object. */
  own(id: Uuid): WireFact | undefined;
  /** Facts that have just become known, in the order of the store; void ones are named. */
  onMirrored(facts: readonly StoredFact[], voids: ReadonlySet<Uuid>): void;
  onTrouble(text: string): void;
  /** Events of other streams that are followed with them. */
  readonly others?: Others;
};

/** Streams beside the facts that are followed in the same order: what comes before a fact is taken before that fact is delivered. */
export type Others = { readonly prefixes: readonly string[]; take(event: ReadEvent): void };

/** What the store tells, put into the mirror in the store's order. */
export type Feed = {
  take(message: Followed): void;
  /** Whether so many wait that the store should pause. */
  isFull(): boolean;
  onDrained(listener: () => void): void;
  place(): MirrorPlace | undefined;
  /** The highest term among what is in the mirror. */
  term(): number;
  /** Resolves when all that was taken is in the mirror, and writes the place down. */
  close(): Promise<void>;
};

/** @throws MirrorBroken out of `close`, and through `onBroken` */
export class MirrorBroken extends Error {}

export const createFeed = (
  { mirror, places, place: found, own, onMirrored, onTrouble, others }: FeedOptions,
  onCaughtUp: () => void,
  onBroken: (error: MirrorBroken) => void,
): Feed => {
  let waiting: Followed[] = [];
  /** After a crash the store tells once more of what is in the mirror behind the place that was written down last. */
  const heldBefore = mirror.head();
  let mayBeThere = heldBefore > 0;
  let place = found;
  let term = found?.term ?? 0;
  let savedAt = 0;
  let saved = found;
  let drained = (): void => {};
  let working: Promise<void> | undefined;
  let isBroken = false;

  const isOther = ({ stream }: ReadEvent): boolean => others?.prefixes.some((prefix) => stream.startsWith(prefix)) ?? false;

  const save = (now: number): void => {
    if (place === undefined || place === saved) return;
    savedAt = now;
    saved = place;
    places.save(place);
  };

  const mirrored = async (events: readonly ReadEvent[]): Promise<void> => {
    const voids = new Set<Uuid>();
    const facts: { fact: WireFact; event: ReadEvent }[] = [];
    for (const event of events) {
      const fact = own(event.id) ?? factOf(event) ?? strangeFact(event, event.created, term);
      if (fact.meta.term < term) voids.add(fact.id);
      else ({ term } = fact.meta);
      facts.push({ fact, event });
    }
    // One append of which a part stands there already would be a conflict, so each fact is one until new ones come.
    const runs = runsOf(facts, mayBeThere ? 1 : facts.length);
    for (;;) {
      const answers = await Promise.all(runs.map(({ stream, expected, facts: run }) => mirror.append(stream, expected, run)));
      const fault = answers.find(E.isLeft)?.left;
      if (fault === undefined) break;
      if (fault._tag !== 'Unavailable')
        throw new MirrorBroken(
          fault._tag === 'Conflict'
            ? `${fault.stream} goes on behind revision ${fault.expected} at the store, and ends at ${fault.actual} in the mirror`
            : 'the mirror refuses a term',
        );
      onTrouble(`the mirror cannot be written: ${fault.reason}`);
      await new Promise((resolve) => setTimeout(resolve, MIRROR_RETRY_MS));
    }
    const last = facts.at(-1)?.fact as StoredFact | undefined;
    if (last !== undefined && last.position > heldBefore) mayBeThere = false;
    if (last !== undefined && place !== undefined)
      place = { ...place, term, last: { stream: last.stream, revision: last.revision, id: last.id } };
    onMirrored(
      facts.map(({ fact }) => fact as StoredFact),
      voids,
    );
  };

  const work = async (): Promise<void> => {
    while (waiting.length > 0) {
      const taken = waiting.splice(0, BATCH_MAX);
      const events = taken.flatMap((message) => (message._tag === 'Event' && !isOther(message.event) ? [message.event] : []));
      const last = taken.findLast((message) => message._tag !== 'CaughtUp');
      const before = place;
      if (last !== undefined)
        place = { ...(place ?? { term }), term, position: last._tag === 'Event' ? last.event.position : last.position };
      try {
        for (const message of taken) if (message._tag === 'Event' && isOther(message.event)) others?.take(message.event);
        if (events.length > 0) await mirrored(events);
      } catch (error) {
        place = before;
        throw error;
      }
      const now = Date.now();
      if (now - savedAt >= SAVE_EVERY_MS) save(now);
      if (taken.some(({ _tag }) => _tag === 'CaughtUp')) onCaughtUp();
      if (waiting.length < RESUME_AT) drained();
    }
  };

  const begin = (): void => {
    if (working !== undefined || isBroken) return;
    // What comes in one turn of the event loop goes in together.
    working = new Promise<void>((resolve) => setImmediate(resolve))
      .then(work)
      .catch((error) => {
        isBroken = true;
        waiting = [];
        onBroken(error instanceof MirrorBroken ? error : new MirrorBroken(error instanceof Error ? error.message : String(error)));
      })
      .finally(() => {
        working = undefined;
        if (waiting.length > 0) begin();
      });
  };

  return {
    take: (message) => {
      if (isBroken) return;
      waiting.push(message);
      begin();
    },
    isFull: () => waiting.length >= PAUSE_AT,
    onDrained: (listener) => {
      drained = listener;
    },
    place: () => place,
    term: () => term,
    close: async () => {
      await working;
      save(Date.now());
    },
  };
};

type Run = { readonly stream: StreamName; readonly expected: number; readonly facts: WireFact[] };

/** Neighbours of one stream are one append. @param most facts in one */
const runsOf = (facts: readonly { readonly fact: WireFact; readonly event: ReadEvent }[], most: number): readonly Run[] => {
  const runs: Run[] = [];
  for (const { fact, event } of facts) {
    const last = runs.at(-1);
    const isOpen = last !== undefined && last.facts.length < most;
    if (isOpen && last.stream === event.stream && last.expected + last.facts.length + 1 === event.revision) last.facts.push(fact);
    else runs.push({ stream: event.stream, expected: event.revision - 1, facts: [fact] });
  }
  return runs;
};
