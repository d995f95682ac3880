import { either as E } from 'fp-ts';
import { describe, expect, test } from 'vitest';
import { simulatedClock } from '../../../../../src/adapters/clock/simulatedClock.ts';
import { simulatedCluster } from '../../../../../src/adapters/hosts/simulated/cluster/cluster.ts';
import type { ClusterProfileText } from '../../../../../src/adapters/hosts/simulated/cluster/description.ts';
import { inTurn, membersOf } from '../../../../../src/adapters/hosts/simulated/cluster/members.ts';
import { parseProfile } from '../../../../../src/adapters/hosts/simulated/cluster/parse.ts';
import { type ClusterFault, scheduleOf } from '../../../../../src/adapters/hosts/simulated/cluster/schedule.ts';
import { drawSpan } from '../../../../../src/adapters/hosts/simulated/profile.ts';
import { seededRandom } from '../../../../../src/adapters/hosts/simulated/random.ts';
import type { HostHint } from '../../../../../src/domain/ports/hosts.ts';
import { plainSpec } from '../spec.ts';

const HOUR_MS = 3_600_000;
const START = 1_000_000;
type Described = Partial<ClusterProfileText> & { readonly extends?: string };

const profileOf = (document: Described) => {
  const parsed = parseProfile(document);
  if (E.isLeft(parsed)) throw new Error(JSON.stringify(parsed.left));
  return parsed.right;
};
const chaos = profileOf({ extends: 'chaos' });
const faultsWithin = (profile: ReturnType<typeof profileOf>, seed: number, hours: number): readonly ClusterFault[] => {
  const faults: ClusterFault[] = [];
  for (const fault of scheduleOf(profile, membersOf(profile, seed), seed)) {
    if (fault.after > hours * HOUR_MS) break;
    faults.push(fault);
  }
  return faults;
};

describe('the hosts of a description', () => {
  test('are the same for the same seed, and others for another', () => {
    expect(membersOf(chaos, 7)).toEqual(membersOf(chaos, 7));
    expect(membersOf(chaos, 7)).not.toEqual(membersOf(chaos, 8));
  });

  test('have their classes by share, their parts in runs, and addresses of their own', () => {
    const members = membersOf(chaos, 1);
    expect(Object.groupBy(members, (host) => host.class).big).toHaveLength(25);
    expect(Object.values(Object.groupBy(members, ({ attributes }) => attributes.rack ?? '')).map((rack) => rack?.length)).toEqual(
      Array(10).fill(10),
    );
    expect(new Set(members.map(({ zone }) => zone)).size).toBe(3);
    expect(new Set(members.map(({ offer }) => offer.address)).size).toBe(100);
    expect(new Set(members.map(({ attributes }) => attributes.kernel))).toEqual(new Set(['5.15', '6.1', '6.8']));
  });

  test('keep class and draws when one more comes', () => {
    const facts = (count: number) =>
      membersOf(chaos, 1, count).map(({ id, class: name, attributes: { kernel } }) => ({ id, name, kernel }));
    expect(facts(101).slice(0, 100)).toEqual(facts(100));
  });

  test('of any shares are never off by more than one', () => {
    const next = inTurn([{ share: 5 }, { share: 1 }, { share: 1 }]);
    const drawn = Array.from({ length: 70 }, next);
    expect(drawn.filter(({ share }) => share === 5)).toHaveLength(50);
  });
});

describe('a log-normal latency', () => {
  test('has its median and its 99th percentile', () => {
    const random = seededRandom(3);
    const drawn = Array.from({ length: 20_000 }, () => drawSpan({ medianMs: 200, p99Ms: 2_000 }, random)).sort((a, b) => a - b);
    expect(drawn[10_000]).toBeGreaterThan(190);
    expect(drawn[10_000]).toBeLessThan(210);
    expect(drawn[19_800]).toBeGreaterThan(1_700);
    expect(drawn[19_800]).toBeLessThan(2_300);
  });
});

describe('the faults to come', () => {
  test('are the same for the same seed, in order', () => {
    const faults = faultsWithin(chaos, 5, 0.5);
    expect(faults).toEqual(faultsWithin(chaos, 5, 0.5));
    expect(faults).not.toEqual(faultsWithin(chaos, 6, 0.5));
    expect(faults.map(({ after }) => after)).toEqual(faults.map(({ after }) => after).toSorted((a, b) => a - b));
  });

  test('come as often as described', () => {
    const byKind = Object.groupBy(faultsWithin(chaos, 1, 4), ({ kind }) => kind);
    // 100 hosts, 4 hours: 2,400 crashes and 120 losses are to be expected, give or take a few standard deviations.
    expect(Math.abs((byKind.crash?.length ?? 0) - 2_400)).toBeLessThan(200);
    expect(Math.abs((byKind.loss?.length ?? 0) - 120)).toBeLessThan(45);
    expect(byKind.rackLoss?.[0]?.hosts).toHaveLength(10);
  });

  test('of one kind do not depend on the rate of another', () => {
    const crashesOf = (profile: ReturnType<typeof profileOf>) => faultsWithin(profile, 1, 1).filter(({ kind }) => kind === 'crash');
    const calmer = profileOf({ extends: 'chaos', faults: { rackLoss: undefined } });
    expect(crashesOf(calmer)).toEqual(crashesOf(chaos));
  });

  test('are none of a calm description', () => {
    expect(faultsWithin(profileOf({ extends: 'c1m' }), 1, 100)).toEqual([]);
  });
});

describe('a cluster', () => {
  const clusterOf = (faults: ClusterProfileText['faults']) => {
    const clock = simulatedClock(START);
    const profile = profileOf({ hosts: { count: 1, classes: [{ name: 'only', cpus: 4, mem: 1_024 }] }, ...(faults && { faults }) });
    const cluster = simulatedCluster({ profile, seed: 1, clock });
    const [member] = cluster.members;
    if (member === undefined) throw new Error('no host');
    const host = cluster.host(member.id, member.offer);
    const hints: HostHint['type'][] = [];
    host.observe(({ type }) => hints.push(type));
    const first = faultsWithin(profile, 1, 100)[0];
    return { clock, cluster, host, hints, first };
  };
  const only = { perHostHour: 0.5, down: 60 };

  test('has one timer for all its faults, and none where there are none', () => {
    const calm = clusterOf(undefined);
    calm.cluster.begin();
    expect(calm.clock.waiting).toBe(0);
    const { clock, cluster } = clusterOf({ hostLoss: only, reboot: only, crashesPerHostHour: 1 });
    cluster.begin();
    expect(clock.waiting).toBe(1);
    cluster.end();
    expect(clock.waiting).toBe(0);
  });

  test('loses a host for as long as the schedule says; what runs there goes on', async () => {
    const { clock, cluster, host, first } = clusterOf({ hostLoss: only });
    await host.run(plainSpec('a'))();
    cluster.begin();
    await clock.advanceSettling(START + (first?.after ?? 0) + 1);
    const asked = host.ping()();
    await clock.advanceSettling(clock.now() + 5_000);
    expect(await asked).toMatchObject({ left: { _tag: 'HostUnreachable' } });
    await clock.advanceSettling(START + (first?.after ?? 0) + 60_001);
    expect(await host.inspect('a')()).toMatchObject({ right: { status: 'running' } });
    expect(cluster.befallen()).toEqual({ loss: 1 });
  });

  test('reboots a host: what ran there has ended', async () => {
    const { clock, cluster, host, first } = clusterOf({ reboot: only });
    await host.run(plainSpec('a'))();
    cluster.begin();
    await clock.advanceSettling(START + (first?.after ?? 0) + 60_002);
    expect(await host.inspect('a')()).toMatchObject({ right: { status: 'exited' } });
  });

  test('crashes what runs, and says so', async () => {
    const { clock, cluster, host, hints, first } = clusterOf({ crashesPerHostHour: 1 });
    await host.run(plainSpec('a'))();
    cluster.begin();
    await clock.advanceSettling(START + (first?.after ?? 0) + 1);
    expect(await host.inspect('a')()).toMatchObject({ right: { status: 'exited', exit: { exitCode: 1 } } });
    expect(hints).toEqual(['Changed']);
  });

  test('draws the same latencies for the same seed', async () => {
    const spans = async (seed: number) => {
      const clock = simulatedClock(START);
      const profile = profileOf({ extends: 'c1m', latencies: { start: { medianMs: 100, p99Ms: 900 } } });
      const cluster = simulatedCluster({ profile, seed, clock });
      const took: number[] = [];
      for (const { id, offer } of cluster.members.slice(0, 5)) {
        const from = clock.now();
        const run = cluster.host(id, offer).run(plainSpec(`of-${id}`))();
        await clock.runUntilIdle(from + HOUR_MS);
        await run;
        took.push(clock.now() - from);
      }
      return took;
    };
    expect(await spans(3)).toEqual(await spans(3));
    expect(await spans(3)).not.toEqual(await spans(4));
  });
});
