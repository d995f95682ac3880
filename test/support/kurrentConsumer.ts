/**
 * Persistent subscriptions as the newer client of the protocol sees them, in a process of its own: its generated code and that of
 * @eventstore/db-client can't share one. `node kurrentConsumer.ts <connection string>`; on standard output one JSON document of what it saw.
 */
import {
  persistentSubscriptionToAllSettingsFromDefaults as allSettings,
  eventTypeFilter,
  KurrentDBClient,
  PARK,
  PINNED_BY_CORRELATION,
  RETRY,
  SKIP,
  START,
  persistentSubscriptionToStreamSettingsFromDefaults as streamSettings,
} from '@kurrent/kurrentdb-client';

const client = KurrentDBClient.connectionString(process.argv[2] ?? '');
const [stream, group] = ['orders-1', 'group'];

const wrong = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'no error',
    (error: Error & { readonly type?: string }) => error.type ?? error.name,
  );

const settings = streamSettings({ startFrom: START });
await client.createPersistentSubscriptionToStream(stream, group, settings);
const twice = await wrong(client.createPersistentSubscriptionToStream(stream, group, settings));
const missing = await wrong(client.getPersistentSubscriptionToStreamInfo(stream, 'none'));

const subscription = client.subscribeToPersistentSubscriptionToStream(stream, group, { bufferSize: 2 });
const messages = subscription[Symbol.asyncIterator]();
const next = async () => {
  const { value } = await messages.next();
  return value as NonNullable<typeof value>;
};
/** Revisions and retries, in the order in which they came; the first comes twice, the second is parked, the third is skipped. */
const seen: [number, number][] = [];
const answers = [
  (m: Awaited<ReturnType<typeof next>>) => subscription.nack(RETRY, 'not now', m),
  (m: Awaited<ReturnType<typeof next>>) => subscription.nack(PARK, 'broken', m),
];
for (let i = 0; i < 5; i++) {
  const message = await next();
  seen.push([Number(message.event?.revision), message.retryCount]);
  const refuse = answers[i];
  if (refuse !== undefined) await refuse(message);
  else if (message.event?.revision === 2n) await subscription.nack(SKIP, 'not mine', message);
  else await subscription.ack(message);
}
/** Answers on one call and questions on others have no common order. */
const infoWith = async (parked: bigint, open: number) => {
  for (;;) {
    const info = await client.getPersistentSubscriptionToStreamInfo(stream, group);
    if (info.stats.parkedMessageCount === parked && info.stats.outstandingMessagesCount === open) return info;
  }
};
const info = await infoWith(1n, 0);
await client.replayParkedMessagesToStream(stream, group);
const replayed = await next();
await subscription.ack(replayed);
await infoWith(0n, 0);
await subscription.unsubscribe();

await client.updatePersistentSubscriptionToStream(stream, group, streamSettings({ startFrom: START, maxRetryCount: 3 }));
await client.createPersistentSubscriptionToAll('audit', allSettings({ startFrom: START, consumerStrategyName: PINNED_BY_CORRELATION }), {
  filter: eventTypeFilter({ regex: '^Counted$' }),
});
const audited: number[] = [];
for await (const message of client.subscribeToPersistentSubscriptionToAll('audit')) {
  audited.push(Number(message.event?.revision));
  if (audited.length === 4) break;
}
const listed = await client.listAllPersistentSubscriptions();
await client.restartPersistentSubscriptionSubsystem();
await client.deletePersistentSubscriptionToStream(stream, group);
const left = await client.listAllPersistentSubscriptions();

const seenByClient = {
  twice,
  missing,
  seen,
  reached: String(info.stats.lastKnownEventRevision),
  settings: info.settings.maxRetryCount,
  replayed: [Number(replayed.event?.revision), replayed.link?.streamId],
  audited,
  listed: listed.map(({ eventSource, groupName, settings: { maxRetryCount, consumerStrategyName } }) => [
    eventSource,
    groupName,
    maxRetryCount,
    consumerStrategyName,
  ]),
  left: left.map(({ eventSource, groupName }) => [eventSource, groupName]),
};
export type SeenByKurrent = typeof seenByClient;
process.stdout.write(JSON.stringify(seenByClient));
await client.dispose();
process.exit(0);
