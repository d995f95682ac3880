import type { Tallies, Tally } from '../domain/deployment/deployment.facts.ts';

/** Where an instance stands, as far as strategies can tell one from another. */
export const PHASES = ['coming', 'late', 'ready', 'unhealthy', 'unseen', 'forsaken', 'leaving'] as const;
export type Phase = (typeof PHASES)[number];

/** A state of the instance's chart for each phase. */
export const STATE_OF: Readonly<Record<Phase, string>> = {
  coming: 'starting',
  late: 'running.checked.settling',
  ready: 'running.checked.ready',
  unhealthy: 'running.checked.unhealthy',
  unseen: 'unreachable.recent',
  forsaken: 'unreachable.inactive',
  leaving: 'draining',
};

/** Instances of one version by phase, and how many of its launches failed: nobody is told from his likes. */
export type Crowd = Readonly<Record<Phase | 'failed', number>>;
/** By version, always in the same order. */
export type Hosts = Readonly<Record<string, Crowd>>;

export const NONE: Crowd = { coming: 0, late: 0, ready: 0, unhealthy: 0, unseen: 0, forsaken: 0, leaving: 0, failed: 0 };
export const crowdOf = (hosts: Hosts, version: string): Crowd => hosts[version] ?? NONE;
export const liveOf = ({ coming, late, ready, unhealthy, unseen }: Crowd): number => coming + late + ready + unhealthy + unseen;

/** One of a version goes from one phase to another; `undefined` is nowhere. */
export const moved = (hosts: Hosts, version: string, from: Phase | undefined, to: Phase | undefined, failed = 0): Hosts => {
  const crowd = { ...crowdOf(hosts, version) };
  if (from !== undefined) crowd[from] -= 1;
  if (to !== undefined) crowd[to] += 1;
  crowd.failed += failed;
  return { ...hosts, [version]: crowd };
};

/** What the conductor counts. `lateVersion`: the version whose instances may be late. */
export const talliesOf = (hosts: Hosts, lateVersion: string | undefined): Tallies => {
  const tallies: Record<string, Tally> = {};
  for (const version in hosts) {
    const crowd = crowdOf(hosts, version);
    const live = liveOf(crowd);
    const { ready, leaving, failed, unhealthy, late } = crowd;
    if (live + leaving + failed === 0) continue;
    tallies[version] = {
      live,
      ready,
      leaving,
      failed,
      ...(unhealthy > 0 && { unhealthy }),
      ...(late > 0 && version === lateVersion && { late }),
    };
  }
  return tallies;
};

export const readyIn = (hosts: Hosts): number => Object.values(hosts).reduce((sum, { ready }) => sum + ready, 0);

/** All that hold a place: live ones and those on their way out. */
export const presentIn = (hosts: Hosts): number => Object.values(hosts).reduce((sum, crowd) => sum + liveOf(crowd) + crowd.leaving, 0);
