import SharedMessages from '@eventstore/db-client/generated/shared_pb.js';

export const streamIn = (identifier: SharedMessages.StreamIdentifier | undefined): string =>
  identifier === undefined ? '' : Buffer.from(identifier.getStreamName_asU8()).toString('utf8');

export const streamMessage = (stream: string): SharedMessages.StreamIdentifier =>
  new SharedMessages.StreamIdentifier().setStreamName(Buffer.from(stream));
