import { EventStoreDBClient, type PersistentSubscriptionToStream } from '@eventstore/db-client';
import { onTestFinished, vi } from 'vitest';
import { systemClock } from '../../../../../../src/adapters/clock/systemClock.ts';
import { type EsdbServer, startEsdbServer } from '../../../../../../src/adapters/log/esdb/server/esdbServer.ts';
import { persistentSubscriptions } from '../../../../../../src/adapters/log/esdb/server/persistent/persistentSubscriptions.ts';
import type { GroupRecords } from '../../../../../../src/adapters/log/esdb/server/persistent/records.ts';
import { openSqliteRecords } from '../../../../../../src/adapters/log/esdb/server/persistent/sqliteRecords.ts';
import type { EventStore } from '../../../../../../src/domain/ports/eventStore.ts';
import { newEvent } from '../../../../../support/storeEvents.ts';

export type Served = {
  readonly server: EsdbServer;
  readonly client: EventStoreDBClient;
  readonly uri: string;
  readonly faults: readonly string[];
  close(): Promise<void>;
};

/** Resolves once the check passes. */
export const until = (check: () => void | Promise<void>): Promise<void> => vi.waitFor(check, { timeout: 5_000, interval: 10 });

/** A store behind the protocol, and a client of it; both gone with the test. */
export const serve = async (store: EventStore, records: GroupRecords = openSqliteRecords(':memory:')): Promise<Served> => {
  const faults: string[] = [];
  const groups = persistentSubscriptions({ records, clock: systemClock(), onFault: (_name, what) => faults.push(what) });
  const server = await startEsdbServer({ store, host: '127.0.0.1', port: 0, services: [groups.serviceOf] });
  const uri = `esdb://127.0.0.1:${server.port}?tls=false`;
  const client = EventStoreDBClient.connectionString(uri);
  let isClosed = false;
  const close = async (): Promise<void> => {
    if (isClosed) return;
    isClosed = true;
    await client.dispose();
    await server.close();
    await groups.close();
  };
  onTestFinished(close);
  return { server, client, uri, faults, close };
};

/** Appends events numbered `from` … `until`, and resolves when they are there. */
export const fill = async (store: EventStore, stream: string, from: number, until: number, type?: string): Promise<void> => {
  await store.append(
    stream,
    'any',
    Array.from({ length: until - from + 1 }, (_, i) => newEvent(from + i, type)),
  );
};

/** A message as a consumer sees it: the number in its event, and how often it was tried before. */
export type Seen = { readonly n: number; readonly retries: number; readonly raw: Parameters<PersistentSubscriptionToStream['ack']>[0] };

/** The next `count` messages of a subscription. @throws what ends it */
export const take = (subscription: AsyncIterator<unknown>, count: number): Promise<readonly Seen[]> =>
  (async () => {
    const seen: Seen[] = [];
    while (seen.length < count) {
      const { value, done } = await subscription.next();
      if (done === true) throw new Error('the subscription ended');
      const { event, retryCount } = value as { readonly event: { readonly data: { readonly n: number } }; readonly retryCount: number };
      seen.push({ n: event.data.n, retries: retryCount, raw: value as Seen['raw'] });
    }
    return seen;
  })();

/** What a promise is rejected with. */
export const rejection = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );
