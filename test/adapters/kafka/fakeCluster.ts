import { either as E } from 'fp-ts';
import { simulatedClock } from '../../../src/adapters/clock/simulatedClock.ts';
import type { Message } from '../../../src/adapters/kafka/message.ts';
import { type PublisherOptions, startPublisher } from '../../../src/adapters/kafka/publisher.ts';
import type { Sender, SendFault } from '../../../src/adapters/kafka/sender.ts';
import type { StoredFact } from '../../../src/domain/kernel/ports.ts';
import type { FactReader } from '../../../src/domain/ports/factReader.ts';
import type { Published } from '../../../src/domain/ports/publishing.ts';
import { wireFact } from '../../support/wireFacts.ts';

/** What becomes of one batch: it is taken; it is not; it is and nobody says so. */
export type Outcome = 'taken' | SendFault | { readonly lost: SendFault };

export const START = 1_893_456_100_000;
export const GONE: SendFault = { _tag: 'Unreachable', reason: 'connect ECONNREFUSED' };

type World = {
  readonly facts: readonly StoredFact[];
  readonly kept?: Published;
  /** Of each batch in turn; taken where none is left. */
  readonly outcomes?: readonly Outcome[];
  /** Of each attempt to connect in turn. */
  readonly connects?: readonly (SendFault | undefined)[];
  readonly judge?: (messages: readonly Message[]) => SendFault | undefined;
  readonly cluster?: string;
  readonly options?: Partial<PublisherOptions>;
};

/** Facts at their positions; streams by name with a term each. */
export const factsOf = (...streams: readonly (string | { readonly stream: string; readonly term: number })[]): readonly StoredFact[] => {
  const revisions = new Map<string, number>();
  return streams.map((each, index) => {
    const { stream, term } = typeof each === 'string' ? { stream: each, term: 1 } : each;
    const revision = revisions.get(stream) ?? 0;
    revisions.set(stream, revision + 1);
    const fact = wireFact(index + 1, { meta: { term } });
    const taken = { ...fact, type: 'LeaseTaken.v1', data: JSON.stringify({ term, holder: 'h' }) };
    return { ...(stream === 'lease-engine' ? taken : fact), stream, revision, position: index + 1 };
  });
};

/** A publisher over facts in memory, a cluster that does what it is told, and a clock that moves when it is told. */
export const publishing = ({ facts, kept, outcomes = [], connects = [], judge, cluster = 'c1', options = {} }: World) => {
  const clock = simulatedClock(START);
  const log = [...facts];
  const taken: Message[] = [];
  const batches: (readonly Message[])[] = [];
  const saved: Published[] = [];
  /** When each attempt to connect was made, ms from the start. */
  const opened: number[] = [];
  const prepared: string[] = [];
  const troubles: string[] = [];
  const [script, connecting] = [[...outcomes], [...connects]];
  let store = kept;

  const sender = (): Sender => ({
    cluster,
    prepare: async (topics) => {
      prepared.push(...topics);
      return E.right(undefined);
    },
    send: async (messages) => {
      batches.push(messages);
      const judged = judge?.(messages);
      const outcome = judged ?? script.shift() ?? 'taken';
      if (outcome === 'taken' || 'lost' in outcome) taken.push(...messages);
      if (outcome === 'taken') return E.right(undefined);
      return E.left('lost' in outcome ? outcome.lost : outcome);
    },
    close: async () => undefined,
  });
  const reader = {
    head: () => log.length,
    page: (after: number, upTo: number, max: number) => log.slice(after, Math.min(upTo, after + max)),
    stream: (name: string, upTo: number) => log.filter(({ stream, position }) => stream === name && position <= upTo),
    hashAt: (position: number) => (position > 0 && position <= log.length ? `hash${position}` : undefined),
  } as unknown as FactReader;
  const publisher = startPublisher({
    brokers: ['b:9092'],
    reader,
    store: {
      load: async () => store,
      save: async (next) => {
        store = next;
        saved.push(next);
      },
    },
    clock,
    open: async () => {
      opened.push(clock.now() - START);
      const fault = connecting.shift();
      return fault === undefined ? E.right(sender()) : E.left(fault);
    },
    message: { prefix: 'p', mode: 'structured' },
    onTrouble: (text) => troubles.push(text),
    ...options,
  });
  return {
    publisher,
    taken,
    batches,
    saved,
    opened,
    prepared,
    troubles,
    append: (...more: readonly StoredFact[]) => log.push(...more),
    /** Lets time pass. */
    pass: (ms: number) => clock.advanceSettling(clock.now() + ms),
    /** Positions of the facts that were taken, in the order in which they were. */
    positions: () => taken.map(({ value }) => Number(JSON.parse(value ?? '').position)),
  };
};
