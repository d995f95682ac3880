import SharedMessages from '@eventstore/db-client/generated/shared_pb.js';
import StreamsMessages from '@eventstore/db-client/generated/streams_pb.js';
import { type handleClientStreamingCall, type ServiceError, status } from '@grpc/grpc-js';
import { either as E } from 'fp-ts';
import type { ExpectedRevision, NewEvent, StoreFault, StorePlace } from '../../../../domain/ports/eventStore.ts';
import { errorOf, invalid, serviceError } from './faults.ts';
import { eventIn, expectedIn, refusalOf } from './proposals.ts';
import type { ServiceContext } from './rpcs.ts';
import { streamIn } from './streamNames.ts';

type AppendReq = StreamsMessages.AppendReq;
type AppendResp = StreamsMessages.AppendResp;
const { AppendResp } = StreamsMessages;
const { Empty } = SharedMessages;

/** Bytes that are taken of one append before it is refused unread; the store's own limit is lower. */
export const UNREAD_BYTES_MAX = 16_777_216;

/** One append: first where to, then its events, one message each. */
export const appendHandler =
  ({ store }: ServiceContext): handleClientStreamingCall<AppendReq, AppendResp> =>
  (call, callback) => {
    const events: NewEvent[] = [];
    let target: { readonly stream: string; readonly expected: ExpectedRevision } | undefined;
    let failed: ServiceError | undefined;
    let bytes = 0;
    const take = (request: AppendReq): void => {
      const options = request.getOptions();
      if (options !== undefined) {
        target = { stream: streamIn(options.getStreamIdentifier()), expected: expectedIn(options) };
        failed ??= refusalOf(target.stream);
      }
      const proposed = request.getProposedMessage();
      if (proposed === undefined || failed !== undefined) return;
      const event = eventIn(proposed);
      bytes += event.data.length + event.metadata.length;
      if (bytes > UNREAD_BYTES_MAX) throw errorOf({ _tag: 'TooLarge', maxBytes: UNREAD_BYTES_MAX });
      events.push(event);
    };
    call.on('data', (request: AppendReq) => {
      try {
        take(request);
      } catch (error) {
        failed ??= error as ServiceError;
        events.length = 0;
      }
    });
    call.on('end', () => {
      if (failed !== undefined) return callback(failed);
      if (target === undefined) return callback(invalid('an append names its stream first'));
      const { stream, expected } = target;
      store.append(stream, expected, events).then(
        (outcome) => {
          if (E.isRight(outcome)) callback(null, success(outcome.right));
          else if (outcome.left._tag === 'WrongExpectedVersion') callback(null, wrong(outcome.left));
          else callback(errorOf(outcome.left));
        },
        (error: Error) => callback(serviceError(status.UNKNOWN, error.message)),
      );
    });
    call.on('error', () => {});
  };

const success = ({ revision, position }: StorePlace): AppendResp => {
  const answer = new AppendResp.Success();
  if (revision < 0) answer.setNoStream(new Empty());
  else answer.setCurrentRevision(String(revision));
  const place = new AppendResp.Position().setCommitPosition(String(position)).setPreparePosition(String(position));
  return new AppendResp().setSuccess(answer.setPosition(place));
};

const wrong = ({ expected, actual }: Extract<StoreFault, { _tag: 'WrongExpectedVersion' }>): AppendResp => {
  const answer = new AppendResp.WrongExpectedVersion();
  if (actual === undefined) answer.setCurrentNoStream(new Empty());
  else answer.setCurrentRevision(String(actual));
  if (typeof expected === 'number') answer.setExpectedRevision(String(expected));
  else if (expected === 'no_stream') answer.setExpectedNoStream(new Empty());
  else if (expected === 'stream_exists') answer.setExpectedStreamExists(new Empty());
  else answer.setExpectedAny(new Empty());
  return new AppendResp().setWrongExpectedVersion(answer);
};
