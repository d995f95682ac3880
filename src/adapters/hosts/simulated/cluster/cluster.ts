import type { Clock } from '../../../../domain/kernel/ports.ts';
import type { Instant } from '../../../../domain/kernel/units.ts';
import type { SimulatedControls } from '../controls.ts';
import type { SimulationProfile } from '../profile.ts';
import { type SimulatedHosts, simulatedHosts } from '../simulatedHosts.ts';
import type { ClusterProfile } from './description.ts';
import { type ClusterHost, membersOf } from './members.ts';
import { type ClusterFault, scheduleOf } from './schedule.ts';

export type SimulatedCluster = SimulatedHosts & {
  readonly members: readonly ClusterHost[];
  /** Faults come from now on, as the seed has them. Once is enough. */
  begin(): void;
  /** No more faults; who is down stays down. */
  end(): void;
  /** Faults that have come, by kind. */
  befallen(): Readonly<Partial<Record<ClusterFault['kind'], number>>>;
};

/** Thousands of simulated hosts from a description: one world, whose faults come by one timer however many hosts there are. */
export const simulatedCluster = (options: {
  readonly profile: ClusterProfile;
  readonly seed: number;
  readonly clock: Clock;
  /** How many hosts; the profile's count where absent. */
  readonly count?: number;
}): SimulatedCluster => {
  const { profile, seed, clock } = options;
  const members = membersOf(profile, seed, options.count);
  const world = simulatedHosts({ seed, clock, profile: behaviourOf(profile) });
  const offers = new Map(members.map(({ id, offer }) => [id, offer]));
  const hosts = new Map<string, SimulatedControls>();
  const befallen: Partial<Record<ClusterFault['kind'], number>> = {};
  const downUntil = new Map<string, Instant>();
  const schedule = scheduleOf(profile, members, seed);
  let cancel: (() => void) | undefined;
  let begun: Instant | undefined;

  const controls = (id: string): SimulatedControls | undefined => {
    const offer = offers.get(id);
    if (offer === undefined) return undefined;
    const known = hosts.get(id) ?? world.host(id, offer);
    hosts.set(id, known);
    return known;
  };
  /** Of two losses at once the later end counts. */
  const away = (id: string, downMs: number): void => {
    const until = clock.now() + downMs;
    if ((downUntil.get(id) ?? 0) >= until) return;
    downUntil.set(id, until);
    clock.schedule(downMs, () => {
      if (downUntil.get(id) !== until) return;
      downUntil.delete(id);
      controls(id)?.heal();
    });
  };
  const strike = (fault: ClusterFault): void => {
    befallen[fault.kind] = (befallen[fault.kind] ?? 0) + 1;
    for (const id of fault.hosts) {
      const host = controls(id);
      if (host === undefined) continue;
      if (fault.kind === 'crash') {
        crashOne(host, fault.pick);
        continue;
      }
      if (fault.kind === 'reboot') host.reboot(Number.POSITIVE_INFINITY);
      else host.partition();
      away(id, fault.downMs);
    }
  };
  const next = (): void => {
    const { value: fault } = schedule.next();
    if (fault === undefined || begun === undefined) return;
    cancel = clock.schedule(begun + fault.after - clock.now(), () => {
      strike(fault);
      next();
    });
  };

  return {
    members,
    host: world.host,
    begin: () => {
      if (begun !== undefined) return;
      begun = clock.now();
      next();
    },
    end: () => cancel?.(),
    befallen: () => befallen,
  };
};

const crashOne = (host: SimulatedControls, pick: number): void => {
  const running = host.running();
  const instance = running[Math.floor(pick * running.length)];
  if (instance !== undefined) host.crash(instance);
};

/** What hosts do by themselves. Very many instances: no journal is kept. */
export const behaviourOf = ({ latencies, faults }: Pick<ClusterProfile, 'latencies' | 'faults'>): Partial<SimulationProfile> => ({
  startMs: latencies.start,
  pullMs: latencies.pull,
  stopMs: latencies.stop,
  callMs: latencies.call,
  startFailRate: faults.startFailureRate,
  startFailTag: faults.startFailure,
  lostAcknowledgementRate: faults.lostAcknowledgementRate,
  lostHintRate: faults.lostHintRate,
  frugal: true,
});
