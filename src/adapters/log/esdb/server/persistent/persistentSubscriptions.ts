import { PersistentSubscriptionsService } from '@eventstore/db-client/generated/persistent_grpc_pb.js';
import PersistentMessages from '@eventstore/db-client/generated/persistent_pb.js';
import SharedMessages from '@eventstore/db-client/generated/shared_pb.js';
import type { handleUnaryCall, ServerUnaryCall, sendUnaryData } from '@grpc/grpc-js';
import type { Clock } from '../../../../../domain/kernel/ports.ts';
import type { ServiceOf } from '../rpcs.ts';
import { callError, doesNotExist, failed, groupError } from './errors.ts';
import { type GroupFault, type Groups, groupsIn } from './groups.ts';
import { infoMessage } from './infoMessages.ts';
import type { GroupName } from './names.ts';
import { readHandler } from './readCall.ts';
import type { GroupRecords } from './records.ts';
import { filterIn, nameIn, requireStream, settingsIn, targetIn, WrongRequest } from './requests.ts';

export type PersistentSubscriptionsOptions = {
  /** Closed with the subscriptions. */
  readonly records: GroupRecords;
  readonly clock: Clock;
  /** What a group could not do just now, and will try again. */
  onFault(name: GroupName, what: string): void;
};

export type PersistentSubscriptions = {
  /** For one server. */
  readonly serviceOf: ServiceOf;
  /** After the server was closed, before its store is: resolves when nothing is being written any more. */
  close(): Promise<void>;
};

const FEATURES = ['stream', 'all'];

/** Groups of competing consumers over the protocol's service of that name. */
export const persistentSubscriptions = ({ records, clock, onFault }: PersistentSubscriptionsOptions): PersistentSubscriptions => {
  let groups: Groups | undefined;
  return {
    serviceOf: ({ store, closing }) => {
      const opened = groupsIn({ store, records, clock, onFault });
      groups = opened;
      closing.addEventListener('abort', () => opened.close());
      return {
        definition: PersistentSubscriptionsService,
        implementation: { ...unaryHandlers(opened), read: readHandler(opened) },
        features: Object.fromEntries(Object.keys(PersistentSubscriptionsService).map((name) => [name.toLowerCase(), FEATURES])),
      };
    },
    close: async () => {
      await groups?.close();
      records.close();
    },
  };
};

const unary =
  <Q, A>(answer: (request: Q) => Promise<A>): handleUnaryCall<Q, A> =>
  (call: ServerUnaryCall<Q, A>, callback: sendUnaryData<A>) => {
    answer(call.request).then(
      (response) => callback(null, response),
      (error: unknown) => callback(callError(error)),
    );
  };

const orThrow = (name: GroupName, fault: GroupFault | undefined): void => {
  if (fault !== undefined) throw groupError(name, fault);
};

const unaryHandlers = (groups: Groups) => {
  const found = async (name: GroupName) => {
    const group = await groups.find(name);
    if (group === undefined) throw doesNotExist(name);
    return group;
  };
  return {
    create: unary(async (request: PersistentMessages.CreateReq) => {
      const options = request.getOptions();
      const name = targetIn(options);
      if (options !== undefined) orThrow(name, await groups.create(name, settingsIn(options), filterIn(options)));
      return new PersistentMessages.CreateResp();
    }),
    update: unary(async (request: PersistentMessages.UpdateReq) => {
      const options = request.getOptions();
      const name = targetIn(options);
      if (options !== undefined) orThrow(name, await groups.update(name, settingsIn(options)));
      return new PersistentMessages.UpdateResp();
    }),
    delete: unary(async (request: PersistentMessages.DeleteReq) => {
      const name = nameIn(request.getOptions());
      orThrow(name, await groups.remove(name));
      return new PersistentMessages.DeleteResp();
    }),
    getInfo: unary(async (request: PersistentMessages.GetInfoReq) => {
      const group = await found(nameIn(request.getOptions()));
      return new PersistentMessages.GetInfoResp().setSubscriptionInfo(infoMessage(group.info()));
    }),
    replayParked: unary(async (request: PersistentMessages.ReplayParkedReq) => {
      const options = request.getOptions();
      const name = nameIn(options);
      const stopAt = options?.hasStopAt() === true ? Number(options.getStopAt()) : undefined;
      if (stopAt !== undefined && stopAt < 0) throw failed(name, `stop_at must be a revision of the parked stream, not ${stopAt}`);
      (await found(name)).replay(stopAt);
      return new PersistentMessages.ReplayParkedResp();
    }),
    list: unary(async (request: PersistentMessages.ListReq) => {
      const stream = listedStream(request);
      const infos = await groups.list(stream);
      if (stream !== undefined && infos.length === 0) throw doesNotExist({ stream, group: '' });
      return new PersistentMessages.ListResp().setSubscriptionsList(infos.map(infoMessage));
    }),
    restartSubsystem: unary(async () => {
      await groups.restart();
      return new SharedMessages.Empty();
    }),
  };
};

/** @returns undefined where all groups are asked for */
const listedStream = (request: PersistentMessages.ListReq): string | undefined => {
  const options = request.getOptions();
  const ofStream = options?.getListForStream();
  if (ofStream === undefined) {
    if (options?.hasListAllSubscriptions() === true) return undefined;
    throw new WrongRequest('options: either all subscriptions are listed or those of one stream');
  }
  return ofStream.hasAll() ? '$all' : requireStream(ofStream.getStream());
};
