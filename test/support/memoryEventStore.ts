import { either as E } from 'fp-ts';
import type { EventStore, ExpectedRevision, NewEvent, StoreEvent, StoreFault, StreamTrim } from '../../src/domain/ports/eventStore.ts';

export type MemoryEventStore = EventStore & {
  /** What the next appends answer instead of being written, until it is undefined again. */
  refuse(fault: StoreFault | undefined): void;
  /** Listeners of advances. */
  followers(): number;
};

type Stream = { readonly events: StoreEvent[]; isGone: boolean };

const decoder = new TextDecoder();

/** A store of streams in memory, for what is built over one. Times are counted: the n-th event is created at n. */
export const memoryEventStore = (): MemoryEventStore => {
  const streams = new Map<string, Stream>();
  const all: StoreEvent[] = [];
  const listeners = new Set<() => void>();
  let refusal: StoreFault | undefined;

  const trimOf = (name: string): StreamTrim => {
    const last = streams.get(`$$${name}`)?.events.at(-1);
    if (last === undefined) return {};
    const { $tb, $maxCount } = JSON.parse(decoder.decode(last.data)) as { readonly $tb?: number; readonly $maxCount?: number };
    return { ...($tb !== undefined && { truncateBefore: $tb }), ...($maxCount !== undefined && { maxCount: $maxCount }) };
  };
  const isDeletedSoftly = (name: string): boolean => (trimOf(name).truncateBefore ?? 0) >= 2 ** 62;
  const seen = (name: string): readonly StoreEvent[] => {
    const events = streams.get(name)?.events ?? [];
    const { truncateBefore = 0, maxCount = events.length } = trimOf(name);
    return events.slice(Math.max(0, events.length - maxCount)).filter(({ revision }) => revision >= truncateBefore);
  };
  const expectedOf = (expected: ExpectedRevision, last: number | undefined): boolean => {
    if (expected === 'any') return true;
    if (expected === 'no_stream') return last === undefined;
    return expected === 'stream_exists' ? last !== undefined : expected === last;
  };
  const write = (name: string, events: readonly NewEvent[]): { readonly revision: number; readonly position: bigint } => {
    const stream = streams.get(name) ?? { events: [], isGone: false };
    streams.set(name, stream);
    for (const event of events) {
      const place = { stream: name, revision: stream.events.length, position: BigInt(all.length + 1) };
      const stored = { ...event, ...place, created: all.length };
      stream.events.push(stored);
      all.push(stored);
    }
    for (const listener of [...listeners]) listener();
    return { revision: stream.events.length - 1, position: BigInt(all.length) };
  };
  const metadata = (trim: object): NewEvent => ({
    id: crypto.randomUUID(),
    type: '$metadata',
    contentType: 'application/json',
    data: new TextEncoder().encode(JSON.stringify(trim)),
    metadata: new Uint8Array(),
  });
  const paged = (events: readonly StoreEvent[], max: number): readonly StoreEvent[] => events.slice(0, max);

  return {
    refuse: (fault) => {
      refusal = fault;
    },
    followers: () => listeners.size,
    append: async (name, expected, events) => {
      if (refusal !== undefined) return E.left(refusal);
      const stream = streams.get(name);
      if (stream?.isGone === true) return E.left({ _tag: 'StreamDeleted', stream: name });
      const isReborn = isDeletedSoftly(name);
      const last = isReborn ? undefined : stream?.events.at(-1)?.revision;
      if (!expectedOf(expected, last)) {
        const first = typeof expected === 'number' ? expected + 1 : 0;
        const there = stream?.events.slice(first, first + events.length) ?? [];
        const end = there.at(-1);
        if (end !== undefined && there.length === events.length && there.every(({ id }, i) => id === events[i]?.id))
          return E.right({ revision: end.revision, position: end.position });
        return E.left({ _tag: 'WrongExpectedVersion', stream: name, expected, actual: last });
      }
      if (isReborn) write(`$$${name}`, [metadata({ $tb: stream?.events.length ?? 0 })]);
      return E.right(write(name, events));
    },
    readStream: (name, { from, direction, max }) => {
      const stream = streams.get(name);
      if (stream?.isGone === true) return 'deleted';
      if (stream === undefined || isDeletedSoftly(name)) return undefined;
      const events = seen(name);
      if (direction === 'forwards')
        return from === 'end'
          ? []
          : paged(
              events.filter(({ revision }) => revision >= from),
              max,
            );
      return paged(events.filter(({ revision }) => from === 'end' || revision <= from).toReversed(), max);
    },
    readAll: ({ from, direction, max }) => {
      if (direction === 'forwards')
        return from === 'end'
          ? []
          : paged(
              all.filter(({ position }) => position >= from),
              max,
            );
      return paged(all.filter(({ position }) => from === 'end' || position < from).toReversed(), max);
    },
    readBehind: (after, max) => all.slice(Number(after), Number(after) + max),
    lastOf: (name) => {
      const stream = streams.get(name);
      const last = stream?.events.at(-1);
      return stream === undefined || last === undefined
        ? undefined
        : { revision: last.revision, isDeleted: stream.isGone || isDeletedSoftly(name) };
    },
    head: () => BigInt(all.length),
    onAdvance: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    remove: async (name, _expected, how) => {
      if (how === 'hard') (streams.get(name) ?? { isGone: false }).isGone = true;
      else write(`$$${name}`, [metadata({ $tb: 2 ** 62 })]);
      return E.right({ position: BigInt(all.length) });
    },
  };
};
