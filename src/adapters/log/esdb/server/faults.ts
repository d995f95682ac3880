import { Metadata, type ServiceError, status } from '@grpc/grpc-js';
import type { ExpectedRevision, StoreFault } from '../../../../domain/ports/eventStore.ts';

/** A call's end without success: a status, and the trailers by which clients tell one from another. */
export const serviceError = (code: status, details: string, trailers: Readonly<Record<string, string>> = {}): ServiceError => {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(trailers)) metadata.set(name, ascii(value));
  return Object.assign(new Error(details), { code, details, metadata });
};

export const invalid = (details: string): ServiceError => serviceError(status.INVALID_ARGUMENT, details);

export const unavailable = (details: string): ServiceError => serviceError(status.UNAVAILABLE, details);

export const streamDeleted = (stream: string): ServiceError =>
  serviceError(status.FAILED_PRECONDITION, `the stream '${stream}' is deleted for good`, {
    exception: 'stream-deleted',
    'stream-name': stream,
  });

/** The error of a call whose answer has no place for this fault. */
export const errorOf = (fault: StoreFault): ServiceError => {
  switch (fault._tag) {
    case 'WrongExpectedVersion': {
      const { stream, expected, actual } = fault;
      return serviceError(status.FAILED_PRECONDITION, `the stream '${stream}' is not at the revision that was expected`, {
        exception: 'wrong-expected-version',
        'stream-name': stream,
        'expected-version': numberOf(expected),
        'actual-version': actual === undefined ? '' : String(actual),
      });
    }
    case 'StreamDeleted':
      return streamDeleted(fault.stream);
    case 'AccessDenied':
      return serviceError(status.PERMISSION_DENIED, fault.why, {
        exception: 'access-denied',
        'stream-name': fault.stream,
        ...(fault.fencedBy !== undefined && { 'fenced-by': String(fault.fencedBy) }),
      });
    case 'TooLarge':
      return serviceError(status.INVALID_ARGUMENT, `one append takes ${fault.maxBytes} bytes of data`, {
        exception: 'maximum-append-size-exceeded',
        'maximum-append-size': String(fault.maxBytes),
      });
    case 'Invalid':
      return fault.missing === undefined
        ? invalid(fault.message)
        : serviceError(status.INVALID_ARGUMENT, fault.message, {
            exception: 'missing-required-metadata-property',
            'required-metadata-properties': fault.missing.join(','),
          });
    case 'Unavailable':
      return unavailable(fault.reason);
  }
};

/** How EventStoreDB writes an expectation as a number. */
const numberOf = (expected: ExpectedRevision): string =>
  typeof expected === 'number' ? String(expected) : { any: '-2', no_stream: '-1', stream_exists: '-4' }[expected];

/** Trailers are ASCII; a name with other letters is told in their escaped form. */
const ascii = (text: string): string =>
  text.replace(/[^\x20-\x7e]/g, (letter) => encodeURIComponent(letter.isWellFormed() ? letter : '\ufffd'));
