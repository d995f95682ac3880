import type { AppCommand } from '../domain/app/app.commands.ts';
import { APP } from '../domain/app/app.facts.ts';
import { decideScaling, type ScalingPast } from '../domain/autoscale/decide.ts';
import type { AutoscalingPolicy, ScalingReading, ScalingTarget } from '../domain/autoscale/policy.facts.ts';
import { keyOf, nounOf, streamOf } from '../domain/kernel/ids.ts';
import type { Clock, Ids } from '../domain/kernel/ports.ts';
import type { Recorded } from '../domain/kernel/recorded.ts';
import type { Counters } from '../domain/ports/gates.ts';
import type { HostRuntime } from '../domain/ports/hosts.ts';
import type { AppRow, Views } from '../domain/ports/views.ts';
import { type Demand, demandMeter } from './autoscaling/demand.ts';
import { type Share, type Usage, usageMeter } from './autoscaling/usage.ts';
import type { Cause } from './envelope.ts';
import type { Tell } from './tell.ts';

export type Autoscaler = {
  /** Begins to look at every app with a policy. */
  load(): void;
  take(batch: readonly Recorded[]): void;
  /** Apps that are looked at. */
  watched(): number;
};

/** A reading that is older than so many intervals says nothing of now. */
const STALE_AFTER_INTERVALS = 3;

/**
 * Compares what the instances of each app with a policy use and are asked for with what the policy wants, once per interval, and asks the
 * app for another number. It keeps nothing that matters: bounds come from the definition, cool-downs from what is recorded.
 */
export const createAutoscaler = (options: {
  readonly views: Views;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly tell: Tell;
  report(): Cause;
  host(node: string): HostRuntime | undefined;
  readonly counters?: Counters;
}): Autoscaler => {
  const { views, clock, ids, tell, report, host, counters } = options;
  const usage = usageMeter(views, clock, host);
  const demand = counters === undefined ? undefined : demandMeter(clock, counters);
  const watches = new Map<string, { readonly intervalMs: number; cancel: () => void }>();

  const follow = (app: string): void => {
    const intervalSeconds = views.apps.get(app)?.definition.autoscaling?.intervalSeconds;
    const watch = watches.get(app);
    if (intervalSeconds === undefined) {
      watch?.cancel();
      watches.delete(app);
      forget(app);
    } else if (watch?.intervalMs !== intervalSeconds * 1000) {
      watch?.cancel();
      const begun = { intervalMs: intervalSeconds * 1000, cancel: () => {} };
      watches.set(app, begun);
      lookLater(app, begun);
    }
  };
  const forget = (app: string): void => {
    usage.forget(app);
    demand?.forget(app);
  };
  const lookLater = (app: string, watch: { readonly intervalMs: number; cancel: () => void }): void => {
    watch.cancel = clock.schedule(watch.intervalMs, async () => {
      await look(app);
      if (watches.get(app) === watch) lookLater(app, watch);
    });
  };

  const look = async (app: string): Promise<void> => {
    const before = views.apps.get(app);
    if (before?.definition.autoscaling === undefined) return;
    if (before.definition.instances === 0) return forget(app);
    const readings = await measure(app, before.definition.autoscaling);
    // It may have been changed while the hosts answered.
    const row = views.apps.get(app);
    const policy = row?.definition.autoscaling;
    if (row === undefined || policy === undefined || row.target.version !== before.target.version) return;
    const scaling = decideScaling(policy, clock.now(), row.definition.instances, readings, pastOf(row));
    if (scaling === undefined) return;
    const command: AppCommand = {
      type: 'AutoscaleApp',
      instances: scaling.to,
      because: scaling.because,
      readings,
      basedOn: row.target.version,
      deployment: ids.next(),
    };
    tell(streamOf(APP, app), command, report());
  };

  const measure = async (app: string, { targets, intervalSeconds }: AutoscalingPolicy): Promise<readonly ScalingReading[]> => {
    const staleAfterMs = STALE_AFTER_INTERVALS * intervalSeconds * 1000;
    const needs = new Set(targets.map(({ metric }) => metric));
    const [used, asked] = await Promise.all([
      needs.has('cpu') || needs.has('memory') ? usage.measure(app, staleAfterMs) : NOTHING_USED,
      needs.has('requests') || needs.has('latency') ? demand?.measure(app, staleAfterMs) : undefined,
    ]);
    const serving = Object.values(views.instances.tallies(app)).reduce((sum, { ready }) => sum + ready, 0);
    return targets.map((wanted) => readingOf(wanted, used, asked, serving));
  };

  return {
    load: () => {
      for (const { id } of views.apps.all()) follow(id);
    },
    take: (batch) => {
      for (const { stream, fact } of batch)
        if (nounOf(stream) === APP && (fact.type === 'AppVersionAdded' || fact.type === 'AppDestroyed')) follow(keyOf(stream));
    },
    watched: () => watches.size,
  };
};

/** What is recorded of its changes; so a new engine waits for the rest of a cool-down, no more and no less. */
const pastOf = ({ lastScalingAt, autoscaled }: AppRow): ScalingPast => ({
  scaledAt: lastScalingAt,
  ...(autoscaled?.upAt !== undefined && { upAt: autoscaled.upAt }),
  wasOwnDecrease: autoscaled !== undefined && autoscaled.at === lastScalingAt && autoscaled.to < autoscaled.from,
});

const NOTHING_USED: Usage = {};

const readingOf = (wanted: ScalingTarget, used: Usage, asked: Demand | undefined, serving: number): ScalingReading => {
  const { metric, target } = wanted;
  const share = sharesOf(wanted, used, asked, serving);
  return share === undefined || share.instances === 0 ? { metric, target, instances: 0 } : { metric, target, ...share };
};

const sharesOf = (wanted: ScalingTarget, used: Usage, asked: Demand | undefined, serving: number): Share | undefined => {
  if (wanted.metric === 'cpu' || wanted.metric === 'memory') return used[wanted.metric];
  if (asked === undefined) return undefined;
  const value = wanted.metric === 'requests' ? asked.requestsPerSecond / serving : asked.latencyMs(wanted.statistic);
  return value === undefined ? undefined : { value, instances: serving };
};
