import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { rollingLimits } from '../../../../src/domain/deployment/strategies/limits.ts';
import { rollingChart, rollingWant } from '../../../../src/domain/deployment/strategies/rolling.chart.ts';
import { deployment, tallyOf, V1, V2 } from '../../../support/facts.ts';
import { type Berth, type Quay, quayOf } from './quay.ts';

const OTHER = '2029-12-31T00:00:00.000Z';

type Scene = {
  readonly instances: number;
  readonly minimumHealthCapacity: number;
  readonly maximumOverCapacity: number;
  /** What is there at the start. */
  readonly berths: readonly Berth[];
  /** What the app believes to be there besides, but is not. */
  readonly missing: number;
};

/** What may happen next; `who` picks among those it can happen to. */
type Happening = {
  readonly what: 'act' | 'ready' | 'gone' | 'dies' | 'sickens' | 'look' | 'retarget';
  readonly who: number;
  readonly isSeen: boolean;
};

const quayFor = ({ instances, minimumHealthCapacity, maximumOverCapacity, berths, missing }: Scene): Quay => {
  const from: Record<string, number> = {};
  for (const { version, phase } of berths) if (phase !== 'leaving') from[version] = (from[version] ?? 0) + 1;
  if (missing > 0) from[V1] = (from[V1] ?? 0) + missing;
  const to = { version: V2, configVersion: V2, instances };
  const start = deployment.DeploymentStarted({ from, to, minimumHealthCapacity, maximumOverCapacity });
  const quay = quayOf(
    rollingChart,
    start,
    berths.map((berth) => ({ ...berth })),
  );
  const kept = Object.values(from).reduce((sum, count) => sum + count, 0);
  boundsOf.set(quay, { leaving: berths.filter(({ phase }) => phase === 'leaving').length, most: kept, least: Number.MAX_SAFE_INTEGER });
  boundsNow(quay);
  return quay;
};

/** Limits by the target of the moment. The one above the capacity is Marathon's way out when nothing could move otherwise. */
const limitsNow = (quay: Quay) => {
  const { to, minimumHealthCapacity, maximumOverCapacity } = quay.state().context;
  const instances = to?.instances ?? 0;
  const atMost = {
    instances,
    minimumHealthCapacity,
    maximumOverCapacity,
    running: instances,
    healthy: Number.MAX_SAFE_INTEGER,
    resident: false,
  };
  const { minHealthy, maxCapacity } = rollingLimits(atMost);
  return { minHealthy, maxCapacity };
};

/**
 * At most: the capacity of any target so far, or what the app kept; and what was leaving when it began.
 * At least: the minimum of any target so far, as what was let go under a lower one does not come back under a higher.
 */
type Bounds = { readonly leaving: number; readonly most: number; readonly least: number };
const boundsOf = new WeakMap<Quay, Bounds>();
const boundsNow = (quay: Quay): Bounds => {
  const { leaving, most, least } = boundsOf.get(quay) ?? { leaving: 0, most: 0, least: Number.MAX_SAFE_INTEGER };
  const { minHealthy, maxCapacity } = limitsNow(quay);
  const bounds = { leaving, most: Math.max(most, maxCapacity), least: Math.min(least, minHealthy) };
  boundsOf.set(quay, bounds);
  return bounds;
};

/** One act of the conductor, and what must hold about it. */
const actChecked = (quay: Quay) => {
  const { leaving, most } = boundsNow(quay);
  const act = quay.act();
  if (act?.did === 'start') expect(quay.berths.length, 'present after a start').toBeLessThanOrEqual(most + leaving);
  return act;
};

/** One look, and what must hold about the wants that it leads to. Of a version too many, those that are not ready go first. */
const lookChecked = (quay: Quay) => {
  const before = quay.wanted() ?? {};
  const tallies = quay.tallies();
  quay.look();
  const after = quay.wanted();
  if (after === undefined) return;
  for (const [version, count] of Object.entries(after)) {
    if (version !== V2) expect(count, `wanted of ${version}`).toBeLessThanOrEqual(before[version] ?? 0);
  }
  const readyOf = (want: Readonly<Record<string, number>>) =>
    Object.entries(tallies).reduce((sum, [version, { ready }]) => sum + Math.min(ready, want[version] ?? 0), 0);
  const asBefore = readyOf({ ...before, [V2]: after[V2] ?? 0 });
  if (readyOf(after) < asBefore) expect(readyOf(after), 'ready that stay wanted').toBeGreaterThanOrEqual(boundsNow(quay).least);
};

const happen = (quay: Quay, { what, who, isSeen }: Happening) => {
  const { berths } = quay;
  const one = (...phases: readonly Berth['phase'][]): Berth | undefined => {
    const fitting = berths.filter(({ phase }) => phases.includes(phase));
    return fitting[who % Math.max(1, fitting.length)];
  };
  const remove = (berth: Berth | undefined) => berth !== undefined && berths.splice(berths.indexOf(berth), 1);
  const turn = (berth: Berth | undefined, phase: Berth['phase']) => {
    if (berth !== undefined) berth.phase = phase;
  };
  if (isSeen) lookChecked(quay);
  // What happens after it has arrived is the app's to mend.
  if (quay.wanted() === undefined) return;
  if (what === 'act') actChecked(quay);
  if (what === 'ready') turn(one('starting'), 'ready');
  if (what === 'sickens') turn(one('ready'), 'starting');
  if (what === 'gone') remove(one('leaving'));
  if (what === 'dies') remove(one('starting', 'ready', 'leaving'));
  if (what === 'retarget') quay.retarget(who % 6);
  boundsNow(quay);
  if (what === 'look') lookChecked(quay);
};

/** No faults any more: what leaves goes, the new becomes ready. Whether the old does is up to the scene. */
const settle = (quay: Quay, oldBecomesReady: boolean) => {
  for (let round = 0; round < 100 && quay.wanted() !== undefined; round++) {
    lookChecked(quay);
    while (quay.wanted() !== undefined && actChecked(quay) !== undefined) lookChecked(quay);
    for (const berth of [...quay.berths]) {
      if (berth.phase === 'leaving') quay.berths.splice(quay.berths.indexOf(berth), 1);
      else if (berth.version === V2 || oldBecomesReady) berth.phase = 'ready';
    }
    lookChecked(quay);
  }
};

const share = fc.constantFrom(0, 0.1, 0.25, 0.5, 0.75, 1);
const scenes: fc.Arbitrary<Scene> = fc.record({
  instances: fc.integer({ min: 0, max: 6 }),
  minimumHealthCapacity: share,
  maximumOverCapacity: share,
  berths: fc.array(
    fc.record({
      version: fc.constantFrom(V1, V1, OTHER, V2),
      phase: fc.constantFrom<Berth['phase']>('starting', 'ready', 'ready', 'leaving'),
    }),
    { maxLength: 8 },
  ),
  missing: fc.nat(2),
});
const happenings = fc.array(
  fc.record({
    what: fc.constantFrom<Happening['what']>('act', 'act', 'act', 'ready', 'ready', 'gone', 'gone', 'dies', 'sickens', 'look', 'retarget'),
    who: fc.nat(1_000),
    isSeen: fc.boolean(),
  }),
  { maxLength: 60 },
);

test('whatever happens: never too many, never too few because of us, never more of the old, and once faults stop it arrives', () => {
  fc.assert(
    fc.property(scenes, happenings, fc.boolean(), (scene, story, oldBecomesReady) => {
      const quay = quayFor(scene);
      for (const happening of story) happen(quay, happening);
      settle(quay, oldBecomesReady);
      expect(quay.state().value).toBe('releasing.done');
      expect(quay.berths).toEqual(Array.from({ length: quay.state().context.to?.instances ?? 0 }, () => ({ version: V2, phase: 'ready' })));
    }),
    { numRuns: 3_000 },
  );
});

describe('what is wanted next', () => {
  const context = { app: '/a', from: { [V1]: 4 }, retire: [], to: { version: V2, configVersion: V2, instances: 4 } };
  const wantOf = (min: number, over: number, want: Record<string, number>, tallies: Parameters<typeof rollingWant>[1]) =>
    rollingWant({ ...context, minimumHealthCapacity: min, maximumOverCapacity: over, want }, tallies);
  const allOld = { [V1]: tallyOf({ live: 4, ready: 4 }) };

  test('with room for all, all new ones start beside all old ones', () => {
    expect(wantOf(1, 1, { [V1]: 4 }, allOld)).toEqual({ [V1]: 4, [V2]: 4 });
  });

  test('with no room above, old ones go first, down to the healthy minimum, and their room is free only when they have gone', () => {
    expect(wantOf(0.5, 0, { [V1]: 4 }, allOld)).toEqual({ [V1]: 2 });
    expect(wantOf(0.5, 0, { [V1]: 2 }, { [V1]: tallyOf({ live: 2, ready: 2, leaving: 2 }) })).toEqual({ [V1]: 2 });
    expect(wantOf(0.5, 0, { [V1]: 2 }, { [V1]: tallyOf({ live: 2, ready: 2 }) })).toEqual({ [V1]: 2, [V2]: 2 });
  });

  test('with no room on either side one more is allowed', () => {
    expect(wantOf(1, 0, { [V1]: 4 }, allOld)).toEqual({ [V1]: 4, [V2]: 1 });
  });

  test('each new one that is ready lets one old one go', () => {
    const tallies = { [V1]: tallyOf({ live: 4, ready: 4 }), [V2]: tallyOf({ live: 4, ready: 3 }) };
    expect(wantOf(1, 1, { [V1]: 4, [V2]: 4 }, tallies)).toEqual({ [V1]: 1, [V2]: 4 });
  });

  test('one that was taken back for want of room is not wanted again because it was still counted', () => {
    const full = { ready: 0, leaving: 3 };
    expect(wantOf(1, 0.34, { [V2]: 2 }, { [V2]: tallyOf({ live: 3, ...full }) })).toEqual({ [V2]: 2 });
    expect(wantOf(1, 0.34, { [V2]: 3 }, { [V2]: tallyOf({ live: 2, ...full }) })).toEqual({ [V2]: 2 });
    expect(wantOf(1, 0.34, { [V2]: 2 }, { [V2]: tallyOf({ live: 2, leaving: 1 }) })).toEqual({ [V2]: 4 });
  });

  test('a new one that is ready is not let go of for want of room', () => {
    const tallies = { [V1]: tallyOf({ live: 3, ready: 3 }), [V2]: tallyOf({ live: 2, ready: 2 }) };
    expect(wantOf(1, 0, { [V1]: 3, [V2]: 1 }, tallies)).toEqual({ [V1]: 2, [V2]: 2 });
  });

  test('an old one that died is not wanted again', () => {
    expect(wantOf(1, 1, { [V1]: 4, [V2]: 4 }, { [V1]: tallyOf({ live: 3, ready: 3 }), [V2]: tallyOf({ live: 4 }) })).toEqual({
      [V1]: 3,
      [V2]: 4,
    });
  });

  test('of two old versions the one that serves stays, whichever comes first', () => {
    const tallies = { [OTHER]: tallyOf({ live: 2 }), [V1]: tallyOf({ live: 2, ready: 2 }), [V2]: tallyOf({ live: 4, ready: 2 }) };
    expect(wantOf(1, 1, { [OTHER]: 2, [V1]: 2, [V2]: 4 }, tallies)).toEqual({ [V1]: 2, [V2]: 4 });
  });

  test('old ones that never become ready do not keep the new from starting', () => {
    expect(wantOf(1, 0, { [V1]: 4 }, { [V1]: tallyOf({ live: 4 }) })).toEqual({ [V1]: 4, [V2]: 1 });
  });

  test('before the first look everything stays as the app left it, and a first deployment wants all at once', () => {
    expect(quayOf(rollingChart, deployment.DeploymentStarted({ from: { [V1]: 3 } }), []).wanted()).toEqual({ [V1]: 3 });
    expect(quayOf(rollingChart, deployment.DeploymentStarted({ from: {} }), []).wanted()).toEqual({ [V2]: 3 });
  });

  test('a second new target before the next look lets nobody go', () => {
    const start = deployment.DeploymentStarted({ from: { [V1]: 3 } });
    const quay = quayOf(
      rollingChart,
      start,
      Array.from({ length: 3 }, (): Berth => ({ version: V1, phase: 'ready' })),
    );
    quay.look();
    quay.retarget(5);
    quay.retarget(6);
    expect(quay.wanted()).toEqual({ [V1]: 3, [V2]: 3 });
  });
});
