import type { StoreEvent } from '../../../../../domain/ports/eventStore.ts';
import type { Message } from './message.ts';
import type { Strategy } from './settings.ts';

/** Somebody who can be given messages. */
export type Candidate = { readonly name: string; readonly hasRoom: boolean };

/** Whom a message goes to. `wait`: nobody just now, others behind it may go first. `full`: nobody, and nobody for any other. */
export type Choice = { readonly to: string } | 'wait' | 'full';

export type Dispatch = {
  /** Consumers in the order in which they came; called whenever one comes or goes. */
  consumers(names: readonly string[]): void;
  choose(message: Message, candidates: ReadonlyMap<string, Candidate>): Choice;
};

export const dispatchBy = (strategy: Strategy): Dispatch => {
  switch (strategy) {
    case 'RoundRobin':
      return roundRobin();
    case 'DispatchToSingle':
      return toSingle();
    case 'Pinned':
      return pinnedBy(({ event, link }) => sourceOf(link ?? event));
    case 'PinnedByCorrelation':
      return pinnedBy(({ event }) => correlationOf(event) ?? event.stream);
  }
};

/** Each in turn; who has no room is passed over. */
const roundRobin = (): Dispatch => {
  let names: readonly string[] = [];
  let last: string | undefined;
  return {
    consumers: (next) => {
      names = next;
    },
    choose: (_message, candidates) => {
      const from = last === undefined ? -1 : names.indexOf(last);
      for (let step = 1; step <= names.length; step++) {
        const name = names[(from + step) % names.length];
        if (name === undefined || candidates.get(name)?.hasRoom !== true) continue;
        last = name;
        return { to: name };
      }
      return 'full';
    },
  };
};

/** The first that came, as long as it has room; then the next. */
const toSingle = (): Dispatch => {
  let names: readonly string[] = [];
  return {
    consumers: (next) => {
      names = next;
    },
    choose: (_message, candidates) => {
      const to = names.find((name) => candidates.get(name)?.hasRoom === true);
      return to === undefined ? 'full' : { to };
    },
  };
};

/** Keys share buckets, so that whom they go to is worked out once per bucket. EventStoreDB has as many. */
const BUCKETS = 1024;

/**
 * All messages of a key go to one consumer: the one with the highest hash of bucket and name (rendezvous hashing), so that a consumer
 * which comes or goes moves no more keys than its own.
 */
const pinnedBy = (keyOf: (message: Message) => string): Dispatch => {
  let names: readonly string[] = [];
  let owners: (string | undefined)[] = [];
  const buckets = new WeakMap<Message, number>();
  const bucketOf = (message: Message): number => {
    const known = buckets.get(message);
    if (known !== undefined) return known;
    const bucket = hashOf(keyOf(message)) % BUCKETS;
    buckets.set(message, bucket);
    return bucket;
  };
  const ownerOf = (bucket: number): string | undefined => {
    let best: string | undefined;
    let highest = -1;
    for (const name of names) {
      const hash = hashOf(`${bucket}/${name}`);
      if (hash <= highest) continue;
      best = name;
      highest = hash;
    }
    return best;
  };
  return {
    consumers: (next) => {
      names = next;
      owners = [];
    },
    choose: (message, candidates) => {
      const bucket = bucketOf(message);
      owners[bucket] ??= ownerOf(bucket);
      const to = owners[bucket];
      if (to !== undefined && candidates.get(to)?.hasRoom === true) return { to };
      return names.some((name) => candidates.get(name)?.hasRoom === true) ? 'wait' : 'full';
    },
  };
};

/** FNV-1a with a final mix (MurmurHash3's), 32 bits. */
const hashOf = (text: string): number => {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
};

const decoder = new TextDecoder();

/** The stream that an event stands in, or that a link leads to. */
const sourceOf = ({ type, stream, data }: StoreEvent): string => {
  if (type !== '$>') return stream;
  const text = decoder.decode(data);
  return text.slice(text.indexOf('@') + 1);
};

const correlationOf = ({ metadata }: StoreEvent): string | undefined => {
  try {
    const found: unknown = JSON.parse(decoder.decode(metadata));
    const id = (found as { readonly $correlationId?: unknown } | null)?.$correlationId;
    return typeof id === 'string' ? id : undefined;
  } catch {
    return undefined;
  }
};
