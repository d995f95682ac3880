import type { FastifyBaseLogger } from 'fastify';
import { systemClock } from '../adapters/clock/systemClock.ts';
import { type KeyStore, openerOf } from '../adapters/keys/sealer.ts';
import type { EventLog } from '../domain/kernel/ports.ts';
import type { createViews } from '../projections/views.ts';
import { keepSnapshots, snapshotIn } from './keep.ts';
import { openViews } from './open.ts';

export type ViewsGround = {
  readonly dataDir: string;
  /** The log's file, or its mirror's. */
  readonly logFile: string;
  readonly log: Pick<EventLog, 'head'>;
  readonly keys: Pick<KeyStore, 'find'>;
  readonly logger?: FastifyBaseLogger;
};

/** An engine's live views, from its last snapshot where there is one, and the next ones kept. @param opened gets what ends that */
export const viewsOf = async (
  { dataDir, logFile, log, keys, logger }: ViewsGround,
  opened: (() => Promise<void>)[],
): Promise<ReturnType<typeof createViews>> => {
  const places = { file: logFile, snapshot: snapshotIn(dataDir) };
  const warn = (text: string): void => logger?.warn(text);
  const views = await openViews(places, openerOf(keys), warn);
  const keeping = keepSnapshots({ ...places, from: views.position(), head: log.head, clock: systemClock(), onTrouble: warn });
  opened.push(keeping.close);
  return views;
};
