import { randomUUID } from 'node:crypto';
import type { Either } from 'fp-ts/lib/Either.js';
import type { Instant } from '../../../../../domain/kernel/units.ts';
import type { EventStore, NewEvent, StoreFault, StorePlace } from '../../../../../domain/ports/eventStore.ts';
import type { Parking } from './group.ts';
import { LINK_TYPE, targetOf } from './links.ts';
import type { Message } from './message.ts';

/** Characters of a consumer's reason that are kept. */
export const REASON_CHARACTERS = 4096;

const encoder = new TextEncoder();

/** The link that stands for a parked message; its metadata is EventStoreDB's. */
export const parkedEventOf = ({ entry: { message }, reason }: Parking, at: Instant): NewEvent => ({
  id: randomUUID(),
  type: LINK_TYPE,
  contentType: 'application/octet-stream',
  data: encoder.encode(`${message.event.revision}@${message.event.stream}`),
  metadata: encoder.encode(
    JSON.stringify({
      added: new Date(at).toISOString(),
      reason: reason.slice(0, REASON_CHARACTERS),
      subscriptionEventNumber: (message.link ?? message.event).revision,
    }),
  ),
});

/** A group's parked messages: from `$tb` of the stream's metadata to its end. */
export type ParkedStream = {
  /** Revision of the first that is kept; where there is none, of the next one. */
  first(): number;
  /** Behind the revision of the last one. */
  end(): number;
  /** Messages from a revision on, before `until`; those are left out whose event is gone. `next`: where to go on. */
  read(from: number, until: number, max: number): { readonly messages: readonly Message[]; readonly next: number };
  add(events: readonly NewEvent[]): Promise<Either<StoreFault, StorePlace>>;
  /** Lets everything before a revision go. */
  truncate(before: number): Promise<Either<StoreFault, StorePlace>>;
};

export const parkedStreamIn = (store: EventStore, stream: string): ParkedStream => {
  const eventsFrom = (from: number, max: number) => {
    const found = store.readStream(stream, { from, direction: 'forwards', max });
    return found === undefined || found === 'deleted' ? [] : found;
  };
  const end = (): number => (store.lastOf(stream)?.revision ?? -1) + 1;
  return {
    end,
    first: () => eventsFrom(0, 1)[0]?.revision ?? end(),
    read: (from, until, max) => {
      const events = eventsFrom(from, Math.min(max, until - from)).filter(({ revision }) => revision < until);
      const messages = events.flatMap((link): readonly Message[] => {
        const event = targetOf(store, link);
        return event === undefined ? [] : [{ event, link, place: BigInt(link.revision), isReplayed: true }];
      });
      return { messages, next: (events.at(-1)?.revision ?? until - 1) + 1 };
    },
    add: (events) => store.append(stream, 'any', events),
    truncate: (before) =>
      store.append(`$$${stream}`, 'any', [
        {
          id: randomUUID(),
          type: '$metadata',
          contentType: 'application/json',
          data: encoder.encode(JSON.stringify({ $tb: before })),
          metadata: new Uint8Array(),
        },
      ]),
  };
};
