import { join } from 'node:path';
import { PARK, START, persistentSubscriptionToStreamSettingsFromDefaults as streamSettings } from '@eventstore/db-client';
import { expect, test } from 'vitest';
import { openSqliteRecords, subscriptionsFileOf } from '../../../../../../src/adapters/log/esdb/server/persistent/sqliteRecords.ts';
import { openSqliteEventStore } from '../../../../../../src/adapters/log/sqlite/eventStore/sqliteEventStore.ts';
import { openSqliteLog } from '../../../../../../src/adapters/log/sqlite/sqliteLog.ts';
import { temporaryFolder } from '../../../../../support/temporaryFolder.ts';
import { fill, type Served, serve, take, until } from './served.ts';

/** A store in files, opened anew each time as a process would. */
const opened = async (file: string): Promise<Served & { readonly fill: (from: number, to: number) => Promise<void> }> => {
  const store = openSqliteEventStore({ log: file, isEngines: () => false });
  const served = await serve(store, openSqliteRecords(subscriptionsFileOf(file)));
  const close = async (): Promise<void> => {
    await served.close();
    await store.close();
  };
  return { ...served, close, fill: (from, to) => fill(store, 'orders-1', from, to) };
};

const consume = (client: Served['client'], bufferSize = 20) => {
  const subscription = client.subscribeToPersistentSubscriptionToStream('orders-1', 'group', { bufferSize });
  subscription.on('error', () => {});
  return { subscription, messages: subscription[Symbol.asyncIterator]() };
};

test('settings, checkpoints, parked messages and those asked for again outlive the server', { timeout: 30_000 }, async () => {
  const file = join(temporaryFolder(), 'log.sqlite');
  await (await openSqliteLog({ path: file })).close();
  const first = await opened(file);
  const settings = streamSettings({ startFrom: START, maxRetryCount: 3, messageTimeout: 7_000 });
  await first.client.createPersistentSubscriptionToStream('orders-1', 'group', settings);
  await first.fill(0, 9);
  const before = consume(first.client);
  const [parkedOne, parkedTwo, ...rest] = await take(before.messages, 10);
  if (parkedOne === undefined || parkedTwo === undefined) throw new Error('ten were sent');
  await before.subscription.nack(PARK, 'later', parkedOne.raw, parkedTwo.raw);
  await before.subscription.ack(...rest.slice(0, 5).map(({ raw }) => raw));
  const infoOf = ({ client }: Served) => client.getPersistentSubscriptionToStreamInfo('orders-1', 'group');
  await until(async () => expect((await infoOf(first)).stats).toMatchObject({ parkedMessageCount: 2n, outstandingMessagesCount: 3 }));
  await first.close();

  const second = await opened(file);
  expect(await infoOf(second)).toMatchObject({ settings, stats: { parkedMessageCount: 2n, lastCheckpointedEventRevision: 6n } });
  const again = consume(second.client);
  const open = await take(again.messages, 3);
  expect(open.map(({ n }) => n)).toEqual([7, 8, 9]);
  await again.subscription.ack(...open.map(({ raw }) => raw));
  await second.client.replayParkedMessagesToStream('orders-1', 'group');
  const [one] = await take(again.messages, 2);
  if (one !== undefined) await again.subscription.ack(one.raw);
  await until(async () => expect((await infoOf(second)).stats.outstandingMessagesCount).toBe(1));
  await second.close();

  const third = await opened(file);
  const { subscription, messages } = consume(third.client);
  const last = await take(messages, 1);
  expect(last.map(({ n }) => n)).toEqual([1]);
  await subscription.ack(...last.map(({ raw }) => raw));
  await until(async () => expect((await infoOf(third)).stats).toMatchObject({ parkedMessageCount: 0n, outstandingMessagesCount: 0 }));
  await third.fill(10, 10);
  expect((await take(messages, 1)).map(({ n }) => n)).toEqual([10]);
  await third.close();
});
