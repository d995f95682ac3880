import StreamsMessages from '@eventstore/db-client/generated/streams_pb.js';
import { type handleUnaryCall, type ServiceError, status } from '@grpc/grpc-js';
import { either as E } from 'fp-ts';
import type { ExpectedRevision } from '../../../../domain/ports/eventStore.ts';
import { errorOf, invalid, serviceError } from './faults.ts';
import { expectedIn, refusalOf } from './proposals.ts';
import type { ServiceContext } from './rpcs.ts';
import { streamIn } from './streamNames.ts';

const { DeleteResp, TombstoneResp } = StreamsMessages;

type Options = Parameters<typeof expectedIn>[0] & Pick<StreamsMessages.DeleteReq.Options, 'getStreamIdentifier'>;

export const deleteHandler =
  (context: ServiceContext): handleUnaryCall<StreamsMessages.DeleteReq, StreamsMessages.DeleteResp> =>
  ({ request }, callback) =>
    remove(context, request.getOptions(), 'soft', callback, (position) =>
      new DeleteResp().setPosition(new DeleteResp.Position().setCommitPosition(position).setPreparePosition(position)),
    );

export const tombstoneHandler =
  (context: ServiceContext): handleUnaryCall<StreamsMessages.TombstoneReq, StreamsMessages.TombstoneResp> =>
  ({ request }, callback) =>
    remove(context, request.getOptions(), 'hard', callback, (position) =>
      new TombstoneResp().setPosition(new TombstoneResp.Position().setCommitPosition(position).setPreparePosition(position)),
    );

const remove = async <A>(
  { store }: ServiceContext,
  options: Options | undefined,
  how: 'soft' | 'hard',
  callback: (error: ServiceError | null, answer?: A) => void,
  answerOf: (position: string) => A,
): Promise<void> => {
  if (options === undefined) return callback(invalid('a stream is named that is to be deleted'));
  const stream = streamIn(options.getStreamIdentifier());
  const refused = refusalOf(stream);
  if (refused !== undefined) return callback(refused);
  const expected: ExpectedRevision = expectedIn(options);
  try {
    const outcome = await store.remove(stream, expected, how);
    if (E.isLeft(outcome)) callback(errorOf(outcome.left));
    else callback(null, answerOf(String(outcome.right.position)));
  } catch (error) {
    callback(serviceError(status.UNKNOWN, (error as Error).message));
  }
};
