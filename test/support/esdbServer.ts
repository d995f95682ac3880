import { EventStoreDBClient } from '@eventstore/db-client';
import { onTestFinished } from 'vitest';
import { type EsdbServer, type EsdbServerOptions, startEsdbServer } from '../../src/adapters/log/esdb/server/esdbServer.ts';

/** The protocol over a store on any free port, until the test is over. */
export const serveStore = async (options: Omit<EsdbServerOptions, 'host' | 'port'>): Promise<EsdbServer> => {
  const server = await startEsdbServer({ host: '127.0.0.1', port: 0, ...options });
  onTestFinished(server.close);
  return server;
};

/** A client, until the test is over. */
export const clientOf = (connection: string): EventStoreDBClient => {
  const client = EventStoreDBClient.connectionString(connection);
  // Not waited for: the client waits for ever for a call that failed before it was read.
  onTestFinished(() => void client.dispose());
  return client;
};
