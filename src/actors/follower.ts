import type { AnyStrategy } from '../domain/deployment/kit/strategy.ts';
import type { Sealer } from '../domain/kernel/codec.ts';
import type { StreamName } from '../domain/kernel/ids.ts';
import type { EventLog } from '../domain/kernel/ports.ts';
import { ENGINE_LEASE } from '../domain/lease/lease.ts';
import type { Views } from '../domain/ports/views.ts';
import { createIntake, type TakingViews } from './intake.ts';
import { createLeases } from './leases.ts';
import { learnStrategy } from './strategyBook.ts';

export type FollowerOptions = {
  readonly log: EventLog;
  readonly views: Views & TakingViews;
  readonly sealer: Sealer;
  readonly readStrategy?: (source: string, id: string) => AnyStrategy;
  onQuarantined?(stream: StreamName, why: string): void;
};

export type Follower = {
  /** Streams that can't be read, and why. */
  quarantined(): ReadonlyMap<StreamName, string>;
  /** The term of whoever leads, or led last. */
  term(): number;
  /** Leaves the views where they stand, for whoever feeds them next. */
  stop(): Promise<void>;
};

/** Keeps the views of an engine that does not lead as fresh as the log, so that it can lead at once. Decides and performs nothing. */
export const startFollower = async ({ log, views, sealer, readStrategy, onQuarantined }: FollowerOptions): Promise<Follower> => {
  const quarantined = new Map<StreamName, string>();
  const leases = createLeases();
  leases.load(await log.readStream(ENGINE_LEASE), views.position());
  const intake = createIntake({
    views,
    sealer,
    leases,
    readStrategy,
    isQuarantined: (stream) => quarantined.has(stream),
    quarantine: (stream, why) => {
      if (quarantined.has(stream)) return;
      quarantined.set(stream, why);
      onQuarantined?.(stream, why);
    },
  });
  for (const row of views.strategies.all()) learnStrategy(row.id, row.source, readStrategy);
  const subscription = await log.subscribe(views.position(), intake);
  return { quarantined: () => quarantined, term: leases.newest, stop: subscription.close };
};
