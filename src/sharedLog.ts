import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { clusterSecretIn } from './adapters/keys/clusterSecret.ts';
import { type SharedKeys, shareKeys } from './adapters/keys/sharedKeys.ts';
import { openStoreExchange } from './adapters/keys/storeExchange.ts';
import { createElection, LEASE_STREAM } from './adapters/log/esdb/client/election.ts';
import { type EventStoreLog, openEventStoreLog } from './adapters/log/esdb/client/eventStoreLog.ts';
import { placeFile } from './adapters/log/esdb/client/mirrorPlace.ts';
import { reach } from './adapters/log/esdb/client/reach.ts';
import { openWire } from './adapters/log/esdb/client/wire.ts';
import { openSqliteLog } from './adapters/log/sqlite/sqliteLog.ts';
import { keepToken } from './apiToken.ts';
import { nouns } from './domain/nouns.ts';
import type { Election } from './domain/ports/election.ts';

export type SharedLogOptions = {
  readonly store: string;
  readonly clusterSecret: string;
  readonly dataDir: string;
  readonly leaseMs: number;
  /** Gives up opening. */
  readonly signal?: AbortSignal;
  onTrouble(text: string | undefined): void;
};

/** A log at a store, and what engines share beside it. */
export type SharedLog = {
  readonly log: EventStoreLog;
  /** The mirror's file. */
  readonly logFile: string;
  readonly keys: SharedKeys;
  readonly token: string;
  readonly tokenFile: string;
  readonly election: Election;
  close(): Promise<void>;
};

/** @throws Error in plain words; then nothing is left open */
export const openSharedLog = async (options: SharedLogOptions): Promise<SharedLog> => {
  const opened: (() => Promise<void> | void)[] = [];
  const close = async (): Promise<void> => {
    for (const each of opened.splice(0).toReversed()) await each();
  };
  try {
    return { ...(await open(options, opened)), close };
  } catch (error) {
    await close();
    throw error;
  }
};

/** @param opened gets what ends each part, in the order of beginning */
const open = async (
  { store, clusterSecret, dataDir, leaseMs, signal, onTrouble }: SharedLogOptions,
  opened: (() => Promise<void> | void)[],
): Promise<Omit<SharedLog, 'close'>> => {
  const folder = join(dataDir, 'mirror');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const logFile = join(folder, 'log.sqlite');
  const tokenFile = join(dataDir, 'token');
  const secret = await clusterSecretIn(clusterSecret);
  const wire = openWire(store);
  opened.push(wire.close);
  const onStore = (text: string | undefined): void => onTrouble(text === undefined ? undefined : `the store: ${text}`);
  // Before anything else asks it: only this says in plain words what is wrong.
  await reach(wire, LEASE_STREAM, onStore, signal);
  const exchange = openStoreExchange(store, onTrouble);
  opened.push(exchange.close);
  const giveUp = (): void => void exchange.close();
  signal?.addEventListener('abort', giveUp, { once: true });
  const keys = await shareKeys({ path: join(dataDir, 'keys.sqlite'), exchange, exchangeKey: secret.exchangeKey, onTrouble });
  signal?.removeEventListener('abort', giveUp);
  opened.push(keys.close);
  // Not before it is known to be that of the others.
  const token = await keepToken(tokenFile, secret.token);
  // A cache of what is elsewhere: after a loss of power it follows from where it was.
  const mirror = await openSqliteLog({ path: logFile, synchronous: 'NORMAL', isMirror: true });
  opened.push(mirror.close);
  const log = await openEventStoreLog({
    wire,
    mirror,
    places: placeFile(join(folder, 'place.json')),
    nouns: Object.keys(nouns),
    others: exchange.others,
    before: keys.published,
    ...(signal !== undefined && { signal }),
    onTrouble: onStore,
  });
  // It closes its mirror.
  opened.pop();
  opened.push(log.close);
  const election = createElection({ wire, leaseMs });
  opened.push(election.close);
  return { log, logFile, keys, token, tokenFile, election };
};
