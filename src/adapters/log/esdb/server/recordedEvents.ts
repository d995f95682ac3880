import StreamsMessages from '@eventstore/db-client/generated/streams_pb.js';
import type { EventStore, StoreEvent } from '../../../../domain/ports/eventStore.ts';
import { streamMessage } from './streamNames.ts';
import { type UuidForm, uuidMessage } from './uuids.ts';

/** EventStoreDB's ticks of 100 ns in one millisecond. */
const TICKS_PER_MS = 10_000n;
const LINK_TYPE = '$>';
/** Revision of a tombstone on the wire. */
const TOMBSTONE_TEXT = '9223372036854775807';

export type EventForm = {
  readonly uuids: UuidForm;
  /** Links are answered with what they lead to. */
  readonly resolveLinks: boolean;
};

export const readAnswer = (store: EventStore, event: StoreEvent, form: EventForm): StreamsMessages.ReadResp => {
  const read = new StreamsMessages.ReadResp.ReadEvent().setCommitPosition(String(event.position));
  if (form.resolveLinks && event.type === LINK_TYPE) {
    read.setLink(recorded(event, form.uuids));
    const target = targetOf(store, event);
    if (target !== undefined) read.setEvent(recorded(target, form.uuids));
  } else read.setEvent(recorded(event, form.uuids));
  return new StreamsMessages.ReadResp().setEvent(read);
};

/** A link's data is `<revision>@<stream>`. */
const targetOf = (store: EventStore, { data }: StoreEvent): StoreEvent | undefined => {
  const [, revision, stream] = /^(\d{1,15})@(.+)$/s.exec(Buffer.from(data).toString('utf8')) ?? [];
  if (stream === undefined) return undefined;
  const found = store.readStream(stream, { from: Number(revision), direction: 'forwards', max: 1 });
  return Array.isArray(found) && found[0]?.revision === Number(revision) ? found[0] : undefined;
};

export const recorded = (event: StoreEvent, uuids: UuidForm): StreamsMessages.ReadResp.ReadEvent.RecordedEvent =>
  recordedAs(new StreamsMessages.ReadResp.ReadEvent.RecordedEvent(), event, uuids);

type Wire = StreamsMessages.ReadResp.ReadEvent.RecordedEvent;
/** Each service has a message of its own for an event, all with the same fields. */
type Recordable = {
  readonly [K in
    | 'setId'
    | 'setStreamIdentifier'
    | 'setStreamRevision'
    | 'setCommitPosition'
    | 'setPreparePosition'
    | 'setData'
    | 'setCustomMetadata']: (...value: Parameters<Wire[K]>) => unknown;
} & Pick<Wire, 'getMetadataMap'>;

export const recordedAs = <M extends Recordable>(message: M, event: StoreEvent, uuids: UuidForm): M => {
  const { id, stream, revision, position, type, contentType, data, metadata, created } = event;
  message.setId(uuidMessage(id, uuids));
  message.setStreamIdentifier(streamMessage(stream));
  message.setStreamRevision(revision === Number.MAX_SAFE_INTEGER ? TOMBSTONE_TEXT : String(revision));
  message.setCommitPosition(String(position));
  message.setPreparePosition(String(position));
  message.setData(data);
  message.setCustomMetadata(metadata);
  const map = message.getMetadataMap();
  map.set('type', type);
  map.set('created', String(BigInt(Math.trunc(created)) * TICKS_PER_MS));
  map.set('content-type', contentType);
  return message;
};
