import type StreamsMessages from '@eventstore/db-client/generated/streams_pb.js';
import { type ServiceError, status } from '@grpc/grpc-js';
import type { ExpectedRevision, NewEvent } from '../../../../domain/ports/eventStore.ts';
import { invalid, serviceError } from './faults.ts';
import { uuidIn } from './uuids.ts';

type Proposed = Pick<
  StreamsMessages.AppendReq.ProposedMessage | StreamsMessages.BatchAppendReq.ProposedMessage,
  'getId' | 'getMetadataMap' | 'getData_asU8' | 'getCustomMetadata_asU8'
>;

/** Letters of an event's type. */
const TYPE_CHARS_MAX = 1_024;

/** An event as a client proposes it. @throws ServiceError for one that is none */
export const eventIn = (proposed: Proposed): NewEvent => {
  const id = uuidIn(proposed.getId());
  if (id === undefined) throw invalid("an event's id is a UUID");
  const map = proposed.getMetadataMap();
  const [type, contentType] = [map.get('type') ?? '', map.get('content-type') ?? ''];
  if (type === '' || contentType === '') throw missing(type === '' ? 'type' : 'content-type');
  if (type.length > TYPE_CHARS_MAX) throw invalid(`an event's type has ${TYPE_CHARS_MAX} characters or fewer`);
  if (contentType !== 'application/json' && contentType !== 'application/octet-stream')
    throw invalid(`an event's content-type is application/json or application/octet-stream, not '${contentType}'`);
  return { id, type, contentType, data: proposed.getData_asU8(), metadata: proposed.getCustomMetadata_asU8() };
};

const missing = (name: string): ServiceError =>
  serviceError(status.INVALID_ARGUMENT, `an event's metadata has '${name}'`, {
    exception: 'missing-required-metadata-property',
    'required-metadata-properties': 'type,content-type',
  });

type Expecting = {
  hasRevision(): boolean;
  getRevision(): string;
  hasNoStream(): boolean;
  hasStreamExists(): boolean;
};

export const expectedIn = (options: Expecting): ExpectedRevision => {
  if (options.hasRevision()) return Number(options.getRevision());
  return options.hasNoStream() ? 'no_stream' : options.hasStreamExists() ? 'stream_exists' : 'any';
};

/** Streams of the system are nobody's to write; those that describe a stream are who may write that. @returns why not */
export const refusalOf = (stream: string): ServiceError | undefined => {
  if (stream === '') return invalid('a stream has a name');
  const own = stream.startsWith('$$') ? stream.slice(2) : stream;
  if (own !== '' && !own.startsWith('$')) return undefined;
  return serviceError(status.PERMISSION_DENIED, `'${stream}' is a stream of the system`, {
    exception: 'access-denied',
    'stream-name': stream,
  });
};
