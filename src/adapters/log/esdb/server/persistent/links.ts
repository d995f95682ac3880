import type { EventStore, StoreEvent } from '../../../../../domain/ports/eventStore.ts';

/** The type of an event that stands for another one: its data is `<revision>@<stream>`. */
export const LINK_TYPE = '$>';

const decoder = new TextDecoder();
const LINK = /^(\d+)@(.+)$/s;

/** @returns undefined where the event is gone, or the data leads nowhere */
export const targetOf = (store: EventStore, { data }: StoreEvent): StoreEvent | undefined => {
  const [, revision, stream] = LINK.exec(decoder.decode(data)) ?? [];
  if (revision === undefined || stream === undefined || !Number.isSafeInteger(Number(revision))) return undefined;
  const found = store.readStream(stream, { from: Number(revision), direction: 'forwards', max: 1 });
  if (found === undefined || found === 'deleted') return undefined;
  const [event] = found;
  // What trims the stream may have taken it, and left those behind it.
  return event?.revision === Number(revision) ? event : undefined;
};
