import type { Uuid } from '../../../../../domain/kernel/ids.ts';
import type { StoreEvent } from '../../../../../domain/ports/eventStore.ts';

/** Something that one consumer has to answer. */
export type Message = {
  readonly event: StoreEvent;
  /** The link that led to the event, of the group's stream or of its parked stream. */
  readonly link?: StoreEvent;
  /** Where it was read: a revision, or a position of `$all`; of a parked one its revision in the parked stream. */
  readonly place: bigint;
  /** Its retries begin anew, and its end lets the parked stream be shorter. */
  readonly isReplayed: boolean;
};

/** What a consumer names when it answers. */
export const idOf = ({ event, link }: Message): Uuid => (link ?? event).id;

/** Bytes that it keeps in memory, less what every message has. */
export const bytesOf = ({ event, link }: Message): number =>
  event.data.byteLength + event.metadata.byteLength + (link === undefined ? 0 : link.data.byteLength + link.metadata.byteLength);
