import { systemClock } from './adapters/clock/systemClock.ts';
import { startEsdbServer } from './adapters/log/esdb/server/esdbServer.ts';
import { type PersistentSubscriptions, persistentSubscriptions } from './adapters/log/esdb/server/persistent/persistentSubscriptions.ts';
import { openSqliteRecords, subscriptionsFileOf } from './adapters/log/esdb/server/persistent/sqliteRecords.ts';
import { openSqliteEventStore } from './adapters/log/sqlite/eventStore/sqliteEventStore.ts';
import type { EventLog } from './domain/kernel/ports.ts';
import { isEngineStream } from './domain/nouns.ts';

/** Where EventStoreDB's protocol is spoken, and how. */
export type EsdbPlace = {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** PEM; without it nothing is encrypted and nobody is asked who they are. */
  readonly certificate?: { readonly chain: string; readonly key: string };
};

export type EsdbServing = {
  readonly host: string;
  readonly port: number;
  /** Facts were appended to the log. */
  advanced(): void;
  close(): Promise<void>;
};

export type EsdbServingOptions = EsdbPlace & {
  /** The log's file; there is one already. */
  readonly file: string;
  /** The password of every client, where there is a certificate. */
  readonly token: string;
  /** Takes what is appended to the engine's streams; where absent they are read-only. */
  readonly facts?: Pick<EventLog, 'append'>;
};

/** A group that can't park or keep something tries again each second; that is told on standard error. */
const onTrouble = ({ stream, group }: { readonly stream: string; readonly group: string }, what: string): void =>
  console.error(`the subscription group '${group}' on '${stream}': ${what}`);

/** A log file and the streams beside it, served. @throws Error in plain words; with `code` EADDRINUSE where the port is taken */
export const serveEsdb = async ({ file, token, facts, host, port, certificate }: EsdbServingOptions): Promise<EsdbServing> => {
  const store = openSqliteEventStore({ log: file, isEngines: isEngineStream, ...(facts !== undefined && { facts }) });
  let groups: PersistentSubscriptions | undefined;
  try {
    groups = persistentSubscriptions({ records: openSqliteRecords(subscriptionsFileOf(file)), clock: systemClock(), onFault: onTrouble });
    const subscriptions = groups;
    const server = await startEsdbServer({
      store,
      host,
      port,
      services: [subscriptions.serviceOf],
      ...(certificate !== undefined && {
        tls: { certificate: Buffer.from(certificate.chain), key: Buffer.from(certificate.key), token },
      }),
    });
    return {
      host: server.host,
      port: server.port,
      advanced: store.advanced,
      close: async () => {
        await server.close();
        await subscriptions.close();
        await store.close();
      },
    };
  } catch (error) {
    await groups?.close();
    await store.close();
    throw error;
  }
};
