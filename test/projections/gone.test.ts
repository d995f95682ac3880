import { describe, expect, it } from 'vitest';
import type { Fact, Recorded } from '../../src/domain/kernel/recorded.ts';
import { isoInstant } from '../../src/domain/kernel/units.ts';
import { FORGOTTEN_GROUPS_MAX, forget, knownFrom } from '../../src/projections/forgotten.ts';
import { GONE_ENDED_KEPT, GONE_LIVES_KEPT } from '../../src/projections/gone.ts';
import { runKept, type ViewsAt } from '../../src/projections/kept.ts';
import { createViews } from '../../src/projections/views.ts';
import { readSnapshot, writeSnapshot } from '../../src/snapshots/snapshotFile.ts';
import { definitionOf } from '../support/definitions.ts';
import { app, instance, request, retention } from '../support/facts.ts';
import { temporaryFolder } from '../support/temporaryFolder.ts';

const START = Date.UTC(2030, 0, 1);
const uuid = (kind: number, nth: number): string => `${String(kind).padStart(8, '0')}-0000-4000-8000-${nth.toString(16).padStart(12, '0')}`;

/** A log that goes on: each fact with its place and its stream's state after it. */
const logged = () => {
  const revisions = new Map<string, number>();
  let position = 0;
  const record = (stream: string, fact: Fact, state: string, chart = 'c.v1'): Recorded => {
    const revision = revisions.get(stream) ?? 0;
    revisions.set(stream, revision + 1);
    position++;
    const meta = { at: START + position * 1000, state, owes: '', term: 1, ...(revision === 0 && { chart }) };
    return { stream, fact, revision, position, meta } as unknown as Recorded;
  };
  return { record, version: () => isoInstant(START + (position + 1) * 1000) };
};

/** An app of one instance that comes, runs and goes. */
const build = ({ record, version }: ReturnType<typeof logged>, nth: number, id = `/builds/${nth}`): Recorded[] => {
  const [at, one] = [version(), `instance-${uuid(1, nth)}`];
  const definition = definitionOf({ id, instances: 1 });
  return [
    record(`request-${uuid(2, nth)}`, request.RequestReceived(), 'answered'),
    record(`app-${id}`, app.AppVersionAdded({ app: id, version: at, configVersion: at, definition }), 'deploying'),
    record(one, instance.InstanceRequested({ app: id, version: at }), 'requested'),
    record(one, instance.InstancePlaced(), 'starting'),
    record(one, instance.ContainerStarted(), 'running.unchecked'),
    record(one, instance.InstanceStopRequested(), 'stopping'),
    record(one, instance.ContainerExited(), 'killed'),
    record(`app-${id}`, app.AppDestroyed({ app: id }), 'absent'),
  ];
};

const entriesOf = ({ apps, instances, roster }: ViewsAt['states']) => ({
  definitions: apps.definitions.size,
  lives: apps.lives.size,
  counted: instances.apps.size,
  ended: instances.rows.size,
  known: instances.bounds?.lives.byApp.size,
  rowsOfApps: roster.rows.size,
});

const BUILDS = 20_000;
const LATER = 21_000;

describe('apps that come and go', () => {
  const log = logged();
  const { runner, states } = runKept();
  const firstVersion = log.version();
  runner.take(build(log, 1));
  for (let nth = 2; nth <= BUILDS; nth++) runner.take(build(log, nth));

  it('leave no more behind than a limit says, however many they were', () => {
    expect(entriesOf(states)).toEqual({
      definitions: GONE_LIVES_KEPT,
      lives: GONE_LIVES_KEPT,
      counted: GONE_LIVES_KEPT,
      ended: GONE_ENDED_KEPT,
      known: GONE_LIVES_KEPT,
      rowsOfApps: GONE_LIVES_KEPT,
    });
  });

  it('are forgotten oldest first', () => {
    expect(states.apps.lives.has(`/builds/${BUILDS - GONE_LIVES_KEPT}`)).toBe(false);
    expect(states.apps.lives.has(`/builds/${BUILDS - GONE_LIVES_KEPT + 1}`)).toBe(true);
    expect(states.instances.rows.has(uuid(1, BUILDS))).toBe(true);
  });

  it('are not counted again by the archive of what is forgotten; what may come again is', () => {
    const counted = states.instances.apps.size;
    const kept = `/builds/${BUILDS}`;
    const version = states.apps.lives.get(kept)?.[0]?.versions[0]?.version ?? '';
    const attempts = { '/builds/1': { [firstVersion]: { 0: 7 } }, [kept]: { [version]: { 0: 7 } } };
    runner.take([log.record('retention-log', retention.StreamsArchived({ attempts }), 'open')]);
    expect(states.instances.apps.size).toBe(counted);
    expect(states.instances.apps.get(kept)?.attempts.get(version)).toEqual([7]);
  });

  it('come again with the chart that their stream began with', () => {
    const again = log.version();
    const definition = definitionOf({ id: '/builds/1' });
    runner.take([
      log.record('app-/builds/1', app.AppVersionAdded({ app: '/builds/1', version: again, configVersion: again, definition }), 'deploying'),
    ]);
    expect(states.roster.rows.get('app-/builds/1')).toMatchObject({ chart: 'c.v1', revision: 2, state: 'deploying' });
    expect(states.apps.rows.get('/builds/1')?.target.version).toBe(again);
  });

  it('are the same after a snapshot, and forgotten in the same order', async () => {
    const path = `${temporaryFolder()}/snapshot`;
    writeSnapshot(path, { log: '', hash: '', removed: 0 }, { reached: runner.reached(), states });
    const copied = runKept(await readSnapshot(path, { stands: () => true }));
    const more = Array.from({ length: 3 }, (_, nth) => build(log, LATER + nth)).flat();
    for (const each of [runner, copied.runner]) each.take(more);
    expect(entriesOf(copied.states)).toEqual(entriesOf(states));
    expect([...copied.states.apps.lives.keys()]).toEqual([...states.apps.lives.keys()]);
    expect([...copied.states.instances.rows.keys()]).toEqual([...states.instances.rows.keys()]);
    expect(copied.states.instances.bounds?.lives).toEqual(states.instances.bounds?.lives);
    expect([...copied.states.roster.rows.keys()]).toEqual([...states.roster.rows.keys()]);
  });
});

describe('one app that comes and goes under the same id', () => {
  const log = logged();
  const views = createViews();
  const first = log.version();
  for (let nth = 1; nth <= GONE_LIVES_KEPT; nth++) views.take(build(log, nth, '/nightly'));

  it('is known in its newest lives, and counts its attempts in them', () => {
    expect(views.apps.versionOf('/nightly', first)).toBeDefined();
    expect(views.instances.attempts('/nightly', first, 0)).toBe(1);
    expect(views.apps.knownFrom('/')).toBe('');
    views.take(build(log, GONE_LIVES_KEPT + 1, '/nightly'));
    expect(views.apps.versionOf('/nightly', first)).toBeUndefined();
    expect(views.apps.definition('/nightly', first)).toBeUndefined();
    expect(views.instances.attempts('/nightly', first, 0)).toBe(0);
    expect(views.apps.versionsBelow('/')).toHaveLength(GONE_LIVES_KEPT * 2);
  });

  it('is no longer part of versions of the tree at which it was there and is forgotten', () => {
    expect(views.apps.knownFrom('/') > first).toBe(true);
    expect(views.apps.versionsBelow('/').every((version) => version >= views.apps.knownFrom('/'))).toBe(true);
    expect(views.apps.knownFrom('/shop')).toBe('');
  });
});

describe('what an app leaves behind', () => {
  it('keeps its attempts when the app comes again in the configuration that it had', () => {
    const log = logged();
    const views = createViews();
    const version = log.version();
    views.take(build(log, 1, '/web'));
    for (let nth = 2; nth < 100; nth++) views.take(build(log, nth));
    const definition = definitionOf({ id: '/web' });
    views.take([
      log.record('app-/web', app.AppVersionAdded({ app: '/web', version: log.version(), configVersion: version, definition }), 'deploying'),
    ]);
    expect(views.instances.attempts('/web', version, 0)).toBe(1);
    // The life that is over is forgotten; the one that goes on has the same configuration.
    for (let nth = 100; nth < 110 + GONE_LIVES_KEPT; nth++) views.take(build(log, nth));
    expect(views.instances.attempts('/web', version, 0)).toBe(1);
    expect(views.apps.definition('/web', version)).toBe(definition);
  });

  it('stays counted while an instance of it has not ended, and goes with the last of them', () => {
    const log = logged();
    const { runner, states } = runKept();
    const facts = build(log, 1, '/web');
    const exit = facts.findIndex(({ fact }) => fact.type === 'ContainerExited');
    const [ended] = facts.splice(exit, 1);
    runner.take(facts.map((fact, nth) => ({ ...fact, position: nth + 1 })));
    for (let nth = 2; nth <= GONE_LIVES_KEPT + 2; nth++) runner.take(build(log, nth));
    expect(states.instances.apps.get('/web')?.live.size).toBe(1);
    expect(states.instances.apps.get('/web')?.attempts.size).toBe(1);
    runner.take([{ ...(ended as Recorded), position: runner.position() + 1 }]);
    // Whoever hears of the end still reads whose it was.
    expect(states.instances.rows.get(uuid(1, 1))?.state).toBe('killed');
    let position = runner.position();
    for (let nth = 0; nth <= GONE_ENDED_KEPT; nth++)
      runner.take(build(log, LATER + nth).map((fact) => ({ ...fact, position: ++position })));
    expect(states.instances.apps.has('/web')).toBe(false);
    expect(states.instances.rows.has(uuid(1, 1))).toBe(false);
  });
});

describe('until when something is forgotten', () => {
  it('is remembered by the group below the root', () => {
    const forgotten = new Map<string, string>();
    forget(forgotten, '/builds/a/1', '2030-01-02');
    forget(forgotten, '/builds/2', '2030-01-01');
    expect(['/', '/builds', '/builds/b', '/shop'].map((group) => knownFrom(forgotten, group))).toEqual([
      '2030-01-02',
      '2030-01-02',
      '2030-01-02',
      '',
    ]);
    forget(forgotten, '/lone', '2030-01-03');
    expect([knownFrom(forgotten, '/'), knownFrom(forgotten, '/builds')]).toEqual(['2030-01-03', '2030-01-02']);
  });

  it('is remembered of all groups at once where there are too many', () => {
    const forgotten = new Map<string, string>();
    for (let nth = 0; nth <= FORGOTTEN_GROUPS_MAX; nth++) forget(forgotten, `/g${nth}/a`, '2030-01-01');
    expect(forgotten.size).toBe(1);
    expect(knownFrom(forgotten, '/elsewhere')).toBe('2030-01-01');
  });
});
