import { randomUUID } from 'node:crypto';
import { GossipService } from '@eventstore/db-client/generated/gossip_grpc_pb.js';
import GossipMessages from '@eventstore/db-client/generated/gossip_pb.js';
import type SharedMessages from '@eventstore/db-client/generated/shared_pb.js';
import type { handleUnaryCall } from '@grpc/grpc-js';
import type { Service } from './rpcs.ts';
import { uuidMessage } from './uuids.ts';

const { ClusterInfo, EndPoint, MemberInfo } = GossipMessages;

/** A cluster of one, which leads. @param bound where it listens, if the client does not say how it came here */
export const gossipService = (bound: () => { readonly host: string; readonly port: number }): Service => {
  const instance = randomUUID();
  const read: handleUnaryCall<SharedMessages.Empty, GossipMessages.ClusterInfo> = (call, callback) => {
    // The address that the client used is one that it can reach.
    const [, host, port] = /^\[?(.+?)\]?:(\d+)$/.exec(call.getHost()) ?? [];
    const here = bound();
    const endPoint = new EndPoint().setAddress(host ?? here.host).setPort(port === undefined ? here.port : Number(port));
    const member = new MemberInfo()
      .setInstanceId(uuidMessage(instance, 'string'))
      .setTimeStamp(String(BigInt(Date.now()) * 10_000n))
      .setState(MemberInfo.VNodeState.LEADER)
      .setIsAlive(true)
      .setHttpEndPoint(endPoint);
    callback(null, new ClusterInfo().setMembersList([member]));
  };
  return { definition: GossipService, implementation: { read }, isOpen: true };
};
