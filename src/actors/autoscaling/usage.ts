import { either as E } from 'fp-ts';
import { type InstancePhase, phaseOf } from '../../domain/instance/instance.states.ts';
import type { Clock } from '../../domain/kernel/ports.ts';
import { BYTES_PER_MEBIBYTE, type Instant, type Millis } from '../../domain/kernel/units.ts';
import type { HostRuntime } from '../../domain/ports/hosts.ts';
import type { InstanceRow, Views } from '../../domain/ports/views.ts';
import { laneOf } from '../probing/lane.ts';

/** Stats that are asked for at once, over all apps: each may cost its host a request. */
export const STATS_AT_ONCE = 32;

/** Mean used share of what was reserved, over the instances of which it is known. */
export type Share = { readonly value: number; readonly instances: number };
export type Usage = { readonly cpu?: Share; readonly memory?: Share };

export type UsageMeter = {
  /** What the instances that serve used since the last look, where that is no longer ago than `staleAfterMs`. */
  measure(app: string, staleAfterMs: Millis): Promise<Usage>;
  forget(app: string): void;
};

type Seen = { readonly cpuSeconds: number; readonly at: Instant };
type Used = { readonly cpu?: number; readonly memory?: number };

/** Reads what instances use of what they reserved. A share of cpu takes two looks. */
export const usageMeter = (views: Views, clock: Clock, host: (node: string) => HostRuntime | undefined): UsageMeter => {
  const seen = new Map<string, ReadonlyMap<string, Seen>>();
  const lane = laneOf(STATS_AT_ONCE);

  const look = async (row: InstanceRow, before: Seen | undefined, staleAfterMs: Millis, now: Map<string, Seen>): Promise<Used> => {
    const runtime = row.node === undefined ? undefined : host(row.node);
    const definition = views.apps.definition(row.app, row.version);
    if (runtime === undefined || definition === undefined) return {};
    const stats = await runtime.stats(row.id)();
    if (E.isLeft(stats)) return {};
    const { cpuSeconds, memoryBytes } = stats.right;
    const at = clock.now();
    now.set(row.id, { cpuSeconds, at });
    const ms = before === undefined ? 0 : at - before.at;
    const isKnown = before !== undefined && ms > 0 && ms <= staleAfterMs && cpuSeconds >= before.cpuSeconds;
    return {
      ...(isKnown && { cpu: ((cpuSeconds - before.cpuSeconds) * 1000) / ms / definition.cpus }),
      ...(definition.mem > 0 && { memory: memoryBytes / (definition.mem * BYTES_PER_MEBIBYTE) }),
    };
  };

  return {
    measure: async (app, staleAfterMs) => {
      const before = seen.get(app);
      const now = new Map<string, Seen>();
      const serving = views.instances.ofApp(app).filter(({ state }) => SERVES.has(phaseOf(state)));
      const used = await Promise.all(
        serving.map(
          (row) =>
            new Promise<Used>((resolve) => {
              lane.add(async () => resolve(await look(row, before?.get(row.id), staleAfterMs, now).catch(() => ({}))));
            }),
        ),
      );
      seen.set(app, now);
      const [cpu, memory] = [meanOf(used.map((each) => each.cpu)), meanOf(used.map((each) => each.memory))];
      return { ...(cpu !== undefined && { cpu }), ...(memory !== undefined && { memory }) };
    },
    forget: (app) => seen.delete(app),
  };
};

const SERVES: ReadonlySet<InstancePhase> = new Set(['ready']);

const meanOf = (values: readonly (number | undefined)[]): Share | undefined => {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : { value: known.reduce((sum, value) => sum + value, 0) / known.length, instances: known.length };
};
