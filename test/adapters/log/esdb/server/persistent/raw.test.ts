import { once } from 'node:events';
import { PersistentSubscriptionsClient } from '@eventstore/db-client/generated/persistent_grpc_pb.js';
import PersistentMessages from '@eventstore/db-client/generated/persistent_pb.js';
import SharedMessages from '@eventstore/db-client/generated/shared_pb.js';
import { credentials, Metadata } from '@grpc/grpc-js';
import { expect, onTestFinished, test } from 'vitest';
import { memoryEventStore } from '../../../../../support/memoryEventStore.ts';
import { fill, serve, until } from './served.ts';

/* What clients of other languages and ages send, which the Node client does not. */

const { CreateReq, ReadReq } = PersistentMessages;
const { UUIDOption } = ReadReq.Options;
const empty = new SharedMessages.Empty();
const stream = (name: string) => new SharedMessages.StreamIdentifier().setStreamName(Buffer.from(name));
const settings = () =>
  new CreateReq.Settings()
    .setMaxRetryCount(5)
    .setMinCheckpointCount(1)
    .setMaxCheckpointCount(10)
    .setReadBatchSize(5)
    .setHistoryBufferSize(10);

const served = async () => {
  const store = memoryEventStore();
  const { client, server } = await serve(store);
  const raw = new PersistentSubscriptionsClient(`127.0.0.1:${server.port}`, credentials.createInsecure());
  onTestFinished(() => raw.close());
  const create = (options: PersistentMessages.CreateReq.Options) =>
    new Promise((resolve, reject) => {
      raw.create(new CreateReq().setOptions(options.setGroupName('group')), (error, answer) =>
        error === null ? resolve(answer) : reject(error),
      );
    });
  const infoOf = (name: string) => client.getPersistentSubscriptionToStreamInfo(name, 'group');
  return { store, client, raw, create, infoOf };
};

test('settings are understood as clients since 21.10 write them: places beside the stream, strategies by name, times in ticks', async () => {
  const { create, infoOf } = await served();
  const given = settings().setMessageTimeoutTicks('25000000').setCheckpointAfterTicks('30000').setConsumerStrategy('PinnedByCorrelation');
  const from = () => new CreateReq.StreamOptions().setStreamIdentifier(stream('orders-1'));
  await create(new CreateReq.Options().setStream(from().setRevision('7')).setSettings(given));
  expect((await infoOf('orders-1')).settings).toMatchObject({
    startFrom: 7n,
    messageTimeout: 2500,
    checkPointAfter: 3,
    consumerStrategyName: 'PinnedByCorrelation',
  });
  const toEnd = new CreateReq.StreamOptions().setStreamIdentifier(stream('orders-2')).setEnd(empty);
  await create(new CreateReq.Options().setStream(toEnd).setSettings(settings()));
  expect((await infoOf('orders-2')).settings).toMatchObject({ startFrom: 'end', consumerStrategyName: 'DispatchToSingle' });
});

test('an unknown strategy, and a group of $all by its name, are refused', async () => {
  const { create } = await served();
  const unknown = settings().setConsumerStrategy('Fastest');
  await expect(create(new CreateReq.Options().setStreamIdentifier(stream('orders-1')).setSettings(unknown))).rejects.toMatchObject({
    details: "consumer_strategy 'Fastest' is none of RoundRobin, DispatchToSingle, Pinned, PinnedByCorrelation",
  });
  await expect(create(new CreateReq.Options().setStreamIdentifier(stream('$all')).setSettings(settings()))).rejects.toMatchObject({
    details: "stream_identifier: a subscription to '$all' is asked for by its own option",
  });
  await expect(create(new CreateReq.Options().setStreamIdentifier(stream('orders-1')))).rejects.toMatchObject({
    details: 'settings are missing',
  });
});

const reading = (bufferSize: number) =>
  new ReadReq.Options()
    .setStreamIdentifier(stream('orders-1'))
    .setGroupName('group')
    .setBufferSize(bufferSize)
    .setUuidOption(new UUIDOption().setStructured(empty));

test('ids are numbers where they are asked for as numbers, and are understood as such', async () => {
  const { store, raw, create, infoOf } = await served();
  await fill(store, 'orders-1', 0, 0);
  await create(new CreateReq.Options().setStreamIdentifier(stream('orders-1')).setSettings(settings()));
  const metadata = new Metadata();
  metadata.set('connection-name', 'a consumer');
  metadata.set('authorization', `Basic ${Buffer.from('ann:secret').toString('base64')}`);
  const call = raw.read(metadata);
  call.on('error', () => {});
  call.write(new ReadReq().setOptions(reading(1)));
  const [confirmed] = (await once(call, 'data')) as PersistentMessages.ReadResp[];
  expect(confirmed?.getSubscriptionConfirmation()?.getSubscriptionId()).toMatch(/^[0-9a-f-]{36}$/);
  const [sent] = (await once(call, 'data')) as PersistentMessages.ReadResp[];
  const id = sent?.getEvent()?.getEvent()?.getId();
  expect(id?.getStructured()?.toObject()).toEqual({ mostSignificantBits: '16384', leastSignificantBits: '-9223372036854775808' });
  expect((await infoOf('orders-1')).connections).toMatchObject([{ username: 'ann', connectionName: 'a consumer' }]);
  const ack = new ReadReq.Ack();
  if (id !== undefined) ack.addIds(id);
  call.write(new ReadReq().setAck(ack));
  await until(async () => expect((await infoOf('orders-1')).stats).toMatchObject({ totalItems: 1n, totalInFlightMessages: 0 }));
  call.end();
  await once(call, 'end');
  await until(async () => expect((await infoOf('orders-1')).connections).toEqual([]));
});

test('a consumer that has no room, or does not say what it wants first, is refused', async () => {
  const { raw } = await served();
  const failure = async (first: PersistentMessages.ReadReq): Promise<unknown> => {
    const call = raw.read();
    const failed = once(call, 'end').catch((error: unknown) => error);
    call.on('data', () => {});
    call.write(first);
    return failed;
  };
  expect(await failure(new ReadReq().setOptions(reading(0)))).toMatchObject({ details: 'buffer_size must be at least 1 message, not 0' });
  expect(await failure(new ReadReq().setAck(new ReadReq.Ack()))).toMatchObject({ details: 'the first message must hold options' });
});
