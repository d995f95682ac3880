import { join } from 'node:path';
import { persistentSubscriptionToAllSettingsFromDefaults as allSettings, PARK, START, streamNameFilter } from '@eventstore/db-client';
import { expect, onTestFinished, test } from 'vitest';
import { openSqliteEventStore } from '../../../../../../src/adapters/log/sqlite/eventStore/sqliteEventStore.ts';
import { openSqliteLog } from '../../../../../../src/adapters/log/sqlite/sqliteLog.ts';
import { NO_STREAM } from '../../../../../../src/domain/kernel/ports.ts';
import { isEngineStream } from '../../../../../../src/domain/nouns.ts';
import { temporaryFolder } from '../../../../../support/temporaryFolder.ts';
import { uuidOf, wireFact } from '../../../../../support/wireFacts.ts';
import { serve, until } from './served.ts';

test('consumers share the engine’s own facts as they come, and park them beside its log', { timeout: 30_000 }, async () => {
  const file = join(temporaryFolder(), 'log.sqlite');
  const log = await openSqliteLog({ path: file });
  onTestFinished(() => log.close());
  const store = openSqliteEventStore({ log: file, isEngines: isEngineStream });
  onTestFinished(() => store.close());
  await log.subscribe(log.head(), store.advanced);
  const { client } = await serve(store);
  const filter = streamNameFilter({ prefixes: ['instance-'] });
  await client.createPersistentSubscriptionToAll('audit', allSettings({ startFrom: START }), { filter });
  const subscription = client.subscribeToPersistentSubscriptionToAll('audit');
  const messages = subscription[Symbol.asyncIterator]();
  const [instance, app] = [`instance-${uuidOf(7)}`, `app-${uuidOf(8)}`];
  const taken = messages.next();
  await log.append(app, NO_STREAM, [wireFact(1)]);
  await log.append(instance, NO_STREAM, [wireFact(2), wireFact(3)]);
  const { value: first } = await taken;
  expect(first).toMatchObject({ event: { streamId: instance, revision: 0n, position: { commit: 2n << 32n } } });
  await subscription.nack(PARK, 'not now', first as never);
  const { value: second } = await messages.next();
  await subscription.ack(second as never);
  const infoNow = () => client.getPersistentSubscriptionToAllInfo('audit');
  await until(async () => expect((await infoNow()).stats).toMatchObject({ parkedMessageCount: 1n, outstandingMessagesCount: 0 }));
  await client.replayParkedMessagesToAll('audit');
  const { value: again } = await messages.next();
  expect(again).toMatchObject({
    event: { streamId: instance, revision: 0n },
    link: { streamId: '$persistentsubscription-$all::audit-parked' },
  });
});
