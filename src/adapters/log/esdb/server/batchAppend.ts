import SharedMessages from '@eventstore/db-client/generated/shared_pb.js';
import StatusMessages from '@eventstore/db-client/generated/status_pb.js';
import StreamsMessages from '@eventstore/db-client/generated/streams_pb.js';
import { type handleBidiStreamingCall, type ServiceError, status } from '@grpc/grpc-js';
import { either as E } from 'fp-ts';
import AnyMessages from 'google-protobuf/google/protobuf/any_pb.js';
import EmptyMessages from 'google-protobuf/google/protobuf/empty_pb.js';
import type { ExpectedRevision, NewEvent, StoreFault, StorePlace } from '../../../../domain/ports/eventStore.ts';
import { UNREAD_BYTES_MAX } from './append.ts';
import { errorOf, serviceError, unavailable } from './faults.ts';
import { outgoingOf } from './outgoing.ts';
import { eventIn, refusalOf } from './proposals.ts';
import type { ServiceContext } from './rpcs.ts';
import { streamIn, streamMessage } from './streamNames.ts';

type BatchAppendReq = StreamsMessages.BatchAppendReq;
type BatchAppendResp = StreamsMessages.BatchAppendResp;
const { BatchAppendResp } = StreamsMessages;

const { Any } = AnyMessages;
const { Empty } = EmptyMessages;

/** Appends of one client that are under way at once; then no more of its messages are read. */
const UNDER_WAY_MAX = 256;
/** Appends of one client that have begun and are not whole yet. */
const BEGUN_MAX = 1_000;
const TYPE_URL = 'type.googleapis.com/event_store.client.';

type Gathering = {
  readonly options: StreamsMessages.BatchAppendReq.Options | undefined;
  readonly events: NewEvent[];
  bytes: number;
  failed?: ServiceError;
};

/** Many appends on one call, each with an id of its own by which it is answered. */
export const batchAppendHandler =
  ({ store, closing }: ServiceContext): handleBidiStreamingCall<BatchAppendReq, BatchAppendResp> =>
  (call) => {
    const out = outgoingOf(call, closing, () => unavailable('the server closes'));
    const gathering = new Map<string, Gathering>();
    let underWay = 0;
    let isEnded = false;

    const finish = async (correlation: SharedMessages.UUID | undefined, { options, events, failed }: Gathering): Promise<void> => {
      const stream = streamIn(options?.getStreamIdentifier());
      const expected = options === undefined ? 'any' : expectedIn(options);
      const answer = new BatchAppendResp().setCorrelationId(correlation).setStreamIdentifier(streamMessage(stream));
      expecting(answer, expected);
      const refused = failed ?? refusalOf(stream);
      if (refused !== undefined) answer.setError(statusOfError(refused));
      else if (isLate(options))
        answer.setError(statusWith(status.DEADLINE_EXCEEDED, 'its deadline has passed', 'Timeout', new SharedMessages.Timeout()));
      else {
        const outcome = await store
          .append(stream, expected, events)
          .catch((error: Error) => E.left<StoreFault, StorePlace>({ _tag: 'Unavailable', reason: error.message }));
        if (E.isRight(outcome)) answer.setSuccess(success(outcome.right));
        else answer.setError(statusOf(outcome.left));
      }
      await out.write(answer);
    };

    call.on('data', (request: BatchAppendReq) => {
      const correlation = request.getCorrelationId();
      const key = Buffer.from(correlation?.serializeBinary() ?? []).toString('base64');
      const gathered: Gathering = gathering.get(key) ?? { options: request.getOptions(), events: [], bytes: 0 };
      for (const proposed of request.getProposedMessagesList()) {
        if (gathered.failed !== undefined) break;
        try {
          const event = eventIn(proposed);
          gathered.bytes += event.data.length + event.metadata.length;
          if (gathered.bytes > UNREAD_BYTES_MAX) throw errorOf({ _tag: 'TooLarge', maxBytes: UNREAD_BYTES_MAX });
          gathered.events.push(event);
        } catch (error) {
          gathered.failed = error as ServiceError;
          gathered.events.length = 0;
        }
      }
      if (!request.getIsFinal()) {
        gathering.set(key, gathered);
        if (gathering.size > BEGUN_MAX)
          out.fail(serviceError(status.RESOURCE_EXHAUSTED, `${BEGUN_MAX} appends of one call may be begun and not ended`));
        return;
      }
      gathering.delete(key);
      underWay++;
      if (underWay >= UNDER_WAY_MAX) call.pause();
      void finish(correlation, gathered).finally(() => {
        underWay--;
        call.resume();
        if (isEnded && underWay === 0) out.end();
      });
    });
    call.on('end', () => {
      isEnded = true;
      if (underWay === 0) out.end();
    });
    call.on('error', () => {});
  };

const expectedIn = (options: StreamsMessages.BatchAppendReq.Options): ExpectedRevision => {
  if (options.hasStreamPosition()) return Number(options.getStreamPosition());
  return options.hasNoStream() ? 'no_stream' : options.hasStreamExists() ? 'stream_exists' : 'any';
};

const expecting = (answer: BatchAppendResp, expected: ExpectedRevision): void => {
  if (typeof expected === 'number') answer.setStreamPosition(String(expected));
  else if (expected === 'no_stream') answer.setNoStream(new Empty());
  else if (expected === 'stream_exists') answer.setStreamExists(new Empty());
  else answer.setAny(new Empty());
};

const isLate = (options: StreamsMessages.BatchAppendReq.Options | undefined): boolean => {
  const deadline = options?.getDeadline();
  return deadline !== undefined && deadline.getSeconds() * 1000 + deadline.getNanos() / 1e6 < Date.now();
};

const success = ({ revision, position }: StorePlace): StreamsMessages.BatchAppendResp.Success => {
  const answer = new BatchAppendResp.Success();
  if (revision < 0) answer.setNoStream(new Empty());
  else answer.setCurrentRevision(String(revision));
  return answer.setPosition(
    new SharedMessages.AllStreamPosition().setCommitPosition(String(position)).setPreparePosition(String(position)),
  );
};

type Detail = { serializeBinary(): Uint8Array };

const statusWith = (code: status, message: string, name: string, detail: Detail): StatusMessages.Status => {
  const any = new Any();
  any.setTypeUrl(`${TYPE_URL}${name}`);
  any.setValue(detail.serializeBinary());
  return new StatusMessages.Status()
    .setCode(code as never)
    .setMessage(message)
    .setDetails(any);
};

const statusOfError = ({ code, details, metadata }: ServiceError): StatusMessages.Status => {
  const kind = metadata.get('exception')[0];
  if (kind === 'access-denied') return statusWith(code, details, 'AccessDenied', new SharedMessages.AccessDenied());
  if (kind === 'maximum-append-size-exceeded')
    return statusWith(
      code,
      details,
      'MaximumAppendSizeExceeded',
      new SharedMessages.MaximumAppendSizeExceeded().setMaxappendsize(Number(metadata.get('maximum-append-size')[0])),
    );
  return statusWith(code, details, 'Unknown', new SharedMessages.Unknown());
};

const statusOf = (fault: StoreFault): StatusMessages.Status => {
  const error = errorOf(fault);
  if (fault._tag === 'StreamDeleted')
    return statusWith(
      error.code,
      error.details,
      'StreamDeleted',
      new SharedMessages.StreamDeleted().setStreamIdentifier(streamMessage(fault.stream)),
    );
  if (fault._tag === 'Unavailable') return statusWith(error.code, error.details, 'Timeout', new SharedMessages.Timeout());
  if (fault._tag !== 'WrongExpectedVersion') return statusOfError(error);
  const detail = new SharedMessages.WrongExpectedVersion();
  if (fault.actual === undefined) detail.setCurrentNoStream(new Empty());
  else detail.setCurrentStreamRevision(String(fault.actual));
  if (typeof fault.expected === 'number') detail.setExpectedStreamPosition(String(fault.expected));
  else if (fault.expected === 'no_stream') detail.setExpectedNoStream(new Empty());
  else if (fault.expected === 'stream_exists') detail.setExpectedStreamExists(new Empty());
  else detail.setExpectedAny(new Empty());
  return statusWith(error.code, error.details, 'WrongExpectedVersion', detail);
};
