import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { KeyStore } from './adapters/keys/sealer.ts';
import { openKeys } from './adapters/keys/sqliteKeys.ts';
import { createElection } from './adapters/log/esdb/client/election.ts';
import { type EventStoreLog, openEventStoreLog } from './adapters/log/esdb/client/eventStoreLog.ts';
import { placeFile } from './adapters/log/esdb/client/mirrorPlace.ts';
import { openWire } from './adapters/log/esdb/client/wire.ts';
import { openSqliteLog } from './adapters/log/sqlite/sqliteLog.ts';
import { tokenIn } from './apiToken.ts';
import { nouns } from './domain/nouns.ts';
import type { Election } from './domain/ports/election.ts';

export type SharedLogOptions = {
  readonly store: string;
  readonly clusterSecret: string;
  readonly dataDir: string;
  readonly leaseMs: number;
  onTrouble(text: string | undefined): void;
};

/** A log at a store, and what engines share beside it. */
export type SharedLog = {
  readonly log: EventStoreLog;
  /** The mirror's file. */
  readonly logFile: string;
  readonly keys: KeyStore;
  readonly token: string;
  readonly tokenFile: string;
  readonly election: Election;
  close(): Promise<void>;
};

export const openSharedLog = async ({ store, dataDir, leaseMs, onTrouble }: SharedLogOptions): Promise<SharedLog> => {
  const folder = join(dataDir, 'mirror');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const logFile = join(folder, 'log.sqlite');
  const tokenFile = join(dataDir, 'token');
  const token = await tokenIn(tokenFile);
  const keys = openKeys(join(dataDir, 'keys.sqlite'));
  const wire = openWire(store);
  // A cache of what is elsewhere: after a loss of power it follows from where it was.
  const mirror = await openSqliteLog({ path: logFile, synchronous: 'NORMAL', isMirror: true });
  const log = await openEventStoreLog({
    wire,
    mirror,
    places: placeFile(join(folder, 'place.json')),
    nouns: Object.keys(nouns),
    onTrouble: (text) => onTrouble(text === undefined ? undefined : `the store: ${text}`),
  });
  const election = createElection({ wire, leaseMs });
  return {
    log,
    logFile,
    keys,
    token,
    tokenFile,
    election,
    close: async () => {
      await election.close();
      await log.close();
      keys.close();
      await wire.close();
    },
  };
};
