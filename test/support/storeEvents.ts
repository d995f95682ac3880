import type { NewEvent, StoreEvent } from '../../src/domain/ports/eventStore.ts';

const encoder = new TextEncoder();

/** The n-th event's id, as a UUID. */
export const idOfEvent = (n: number): string => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;

/** An event to be appended, that says its number. */
export const newEvent = (n: number, type = 'Counted'): NewEvent => ({
  id: idOfEvent(n),
  type,
  contentType: 'application/json',
  data: encoder.encode(JSON.stringify({ n })),
  metadata: new Uint8Array(),
});

/** An event at revision n of a stream. */
export const storeEvent = (n: number, given: Partial<StoreEvent> = {}): StoreEvent => ({
  ...newEvent(n),
  stream: 'orders-1',
  revision: n,
  position: BigInt(n + 1),
  created: n,
  ...given,
});
