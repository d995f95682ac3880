import type { EventStore, StoreEvent } from '../../../../../domain/ports/eventStore.ts';
import { type Filter, matcherOf } from './filter.ts';
import { LINK_TYPE, targetOf } from './links.ts';
import type { Message } from './message.ts';
import { SYSTEM_PREFIX } from './names.ts';
import type { GroupSettings, StartFrom } from './settings.ts';

export type Page = {
  readonly messages: readonly Message[];
  /** Everything up to here was read. */
  readonly upTo: bigint;
  /** Events that are none of the group's. */
  readonly passed: number;
  /** There was nothing behind it. */
  readonly isLast: boolean;
};

/** What a group reads: places are revisions of its stream, or positions of `$all`. */
export type Source = {
  read(after: bigint, max: number): Page;
  /** Place of the last event there is. */
  last(): bigint | undefined;
  /** The place behind which a group begins. */
  startOf(from: StartFrom): bigint;
};

type Wanted = { readonly resolveLinks: GroupSettings['resolveLinks']; readonly filter: Filter | undefined };

export const sourceOf = (store: EventStore, stream: string | '$all', { resolveLinks, filter }: Wanted): Source => {
  /** A link whose event is gone leaves nothing to be processed. */
  const messageOf = (event: StoreEvent, place: bigint): readonly Message[] => {
    if (!resolveLinks || event.type !== LINK_TYPE) return [{ event, place, isReplayed: false }];
    const target = targetOf(store, event);
    return target === undefined ? [] : [{ event: target, link: event, place, isReplayed: false }];
  };
  const pageOf = (
    events: readonly StoreEvent[],
    {
      after,
      max,
      placeOf,
      isWanted,
    }: { after: bigint; max: number; placeOf(event: StoreEvent): bigint; isWanted(event: StoreEvent): boolean },
  ): Page => {
    const messages = events.flatMap((event) => (isWanted(event) ? messageOf(event, placeOf(event)) : []));
    const last = events.at(-1);
    return {
      messages,
      upTo: last === undefined ? after : placeOf(last),
      passed: events.length - messages.length,
      isLast: events.length < max,
    };
  };
  if (stream !== '$all') {
    const placeOf = ({ revision }: StoreEvent): bigint => BigInt(revision);
    return {
      read: (after, max) => {
        const found = store.readStream(stream, { from: Number(after + 1n), direction: 'forwards', max });
        return pageOf(found === undefined || found === 'deleted' ? [] : found, { after, max, placeOf, isWanted: () => true });
      },
      last: () => {
        const last = store.lastOf(stream);
        return last === undefined || last.revision < 0 ? undefined : BigInt(last.revision);
      },
      startOf: (from) => (from === 'start' ? -1n : from === 'end' ? BigInt(store.lastOf(stream)?.revision ?? -1) : from - 1n),
    };
  }
  const matches = filter === undefined ? () => true : matcherOf(filter);
  // What groups write themselves would come back to them for ever.
  const isWanted = (event: StoreEvent): boolean => !isOfGroups(event.stream) && matches(event);
  const placeOf = ({ position }: StoreEvent): bigint => position;
  return {
    read: (after, max) => pageOf(store.readBehind(after, max), { after, max, placeOf, isWanted }),
    last: () => (store.head() === 0n ? undefined : store.head()),
    startOf: (from) => (from === 'start' || from === 0n ? 0n : from === 'end' ? store.head() : from - 1n),
  };
};

const isOfGroups = (stream: string): boolean => stream.startsWith(SYSTEM_PREFIX) || stream.startsWith(`$$${SYSTEM_PREFIX}`);
