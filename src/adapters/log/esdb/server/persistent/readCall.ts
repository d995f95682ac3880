import { randomUUID } from 'node:crypto';
import PersistentMessages from '@eventstore/db-client/generated/persistent_pb.js';
import type SharedMessages from '@eventstore/db-client/generated/shared_pb.js';
import type { handleBidiStreamingCall, Metadata, ServiceError } from '@grpc/grpc-js';
import type { Uuid } from '../../../../../domain/kernel/ids.ts';
import { type UuidForm, uuidIn } from '../uuids.ts';
import type { Connection, Consumer } from './consumers.ts';
import { confirmation, deliveryMessage } from './deliveries.ts';
import { callError, doesNotExist, dropped, failed, tooManyConsumers } from './errors.ts';
import type { NackAction } from './group.ts';
import type { Groups } from './groups.ts';
import { nameIn } from './requests.ts';

type ReadReq = PersistentMessages.ReadReq;
type ReadResp = PersistentMessages.ReadResp;
const { Action } = PersistentMessages.ReadReq.Nack;

/** One consumer of a group: it is sent messages and answers them, until either side ends it. */
export const readHandler =
  (groups: Groups): handleBidiStreamingCall<ReadReq, ReadResp> =>
  (call) => {
    let isOver = false;
    let opening: Promise<Connection | undefined> | undefined;

    const end = (error: ServiceError): void => {
      if (isOver) return;
      isOver = true;
      call.emit('error', error);
    };
    const leave = (): void => {
      isOver = true;
      opening?.then((connection) => connection?.leave());
    };

    const open = async (options: PersistentMessages.ReadReq.Options): Promise<Connection | undefined> => {
      try {
        const name = nameIn(options);
        const slots = options.getBufferSize();
        if (slots < 1) throw failed(name, `buffer_size must be at least 1 message, not ${slots}`);
        const group = await groups.find(name);
        if (group === undefined) throw doesNotExist(name);
        if (isOver) return undefined;
        const uuids: UuidForm = options.getUuidOption()?.hasStructured() === true ? 'structured' : 'string';
        const consumer: Consumer = {
          from: call.getPeer(),
          username: usernameIn(call.metadata),
          connectionName: String(call.metadata.get('connection-name')[0] ?? ''),
          slots,
          send: (delivery) => !isOver && call.write(deliveryMessage(delivery, uuids)),
          drop: (why) => end(dropped(name, why)),
        };
        const connection = group.connect(consumer);
        if (connection === undefined) throw tooManyConsumers(name);
        call.write(confirmation(randomUUID()));
        call.on('drain', () => connection.ready());
        return connection;
      } catch (error) {
        end(callError(error));
        return undefined;
      }
    };

    call.on('data', (request: ReadReq) => {
      const options = request.getOptions();
      if (opening === undefined) {
        if (options === undefined) end(failed({ stream: '', group: '' }, 'the first message must hold options'));
        else opening = open(options);
      } else opening.then((connection) => connection !== undefined && answer(connection, request));
    });
    call.on('cancelled', leave);
    call.on('close', leave);
    call.on('end', () => {
      leave();
      call.end();
    });
  };

const answer = (connection: Connection, request: ReadReq): void => {
  const ack = request.getAck();
  if (ack !== undefined) connection.acknowledge(idsIn(ack.getIdsList()));
  const nack = request.getNack();
  if (nack === undefined) return;
  if (nack.getAction() === Action.STOP) connection.stop();
  else connection.refuse(idsIn(nack.getIdsList()), actionOf(nack.getAction()), nack.getReason());
};

const idsIn = (ids: readonly SharedMessages.UUID[]): readonly Uuid[] => ids.flatMap((id) => uuidIn(id) ?? []);

/** A consumer that says no more than "not" has its message again. */
const actionOf = (action: PersistentMessages.ReadReq.Nack.Action): NackAction =>
  action === Action.PARK ? 'park' : action === Action.SKIP ? 'skip' : 'retry';

const usernameIn = (metadata: Metadata): string => {
  const [, encoded] = /^Basic (.+)$/i.exec(String(metadata.get('authorization')[0] ?? '')) ?? [];
  return encoded === undefined ? 'anonymous' : (Buffer.from(encoded, 'base64').toString('utf8').split(':', 1)[0] ?? '');
};
