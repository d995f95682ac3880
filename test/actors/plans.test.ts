import { expect, test } from 'vitest';
import { CLAIM_UNUSED_MS } from '../../src/actors/registrar.ts';
import { simulatedClock } from '../../src/adapters/clock/simulatedClock.ts';
import { memberOf } from '../../src/domain/group/difference.ts';
import type { GroupCommand } from '../../src/domain/group/group.commands.ts';
import { type PlanAction, ROOT_GROUP } from '../../src/domain/group/group.facts.ts';
import { streamOf } from '../../src/domain/kernel/ids.ts';
import type { StoredFact } from '../../src/domain/kernel/ports.ts';
import { memoryLog } from '../support/memoryLog.ts';
import { addNode, appOf, createWorld, deploy, type World } from '../support/world.ts';

/* What plans do about what stands in their way. */

const START = Date.UTC(2030, 0, 1);
const app = (id: string, more: Readonly<Record<string, unknown>> = {}) => ({ id, cmd: 'serve', cpus: 0.5, mem: 64, instances: 1, ...more });

const simulated = async (from?: readonly StoredFact[]) => {
  const clock = simulatedClock(from?.at(-1)?.meta.at ?? START);
  const log = memoryLog(from === undefined ? {} : { from });
  const making = createWorld({ log, clock });
  await clock.advanceSettling(clock.now());
  const world = await making;
  const pass = (ms: number) => clock.advanceSettling(clock.now() + ms);
  const restart = async () => {
    const restarting = world.restart();
    await pass(0);
    await restarting;
  };
  return { world, log, pass, restart };
};

type Wish = { readonly stop?: readonly string[]; readonly scale?: readonly ReturnType<typeof app>[]; readonly force?: boolean };

/** Asks for one plan that stops some apps and then moves others one after the other; answers its id. */
const plan = (world: World, { stop = [], scale = [], force = false }: Wish): string => {
  const deployment = world.ids.next();
  const definitions = scale.map(appOf);
  const action = (what: PlanAction['action'], id: string): PlanAction => ({ action: what, kind: 'app', id });
  const command: GroupCommand = {
    type: 'ChangeGroup',
    group: '/',
    put: [],
    removed: [],
    claims: definitions.map(memberOf),
    changes: [
      ...stop.map((id) => ({ id, kind: 'app', reason: 'change' }) as const),
      ...definitions.map((definition) => ({ id: definition.id, kind: 'app', reason: 'change', definition }) as const),
    ],
    steps: [
      ...(stop.length === 0 ? [] : [{ actions: stop.map((id) => action('Stop', id)) }]),
      ...definitions.map(({ id }) => ({ actions: [action('Scale', id)] })),
    ],
    deployment,
    force,
    basedOn: world.engine.views.groups.version(),
  };
  void world.engine.submit(ROOT_GROUP, command, { id: world.ids.next(), by: 'tester', body: {} });
  return deployment;
};

const reasonOf = (facts: readonly StoredFact[], id: string): string | undefined => {
  const cancelled = facts.find(({ stream, type }) => stream === streamOf('plan', id) && type.startsWith('PlanCancelled'));
  return cancelled && (JSON.parse(cancelled.data) as { reason: string }).reason;
};
const outcomeOf = (world: World, id: string) => world.engine.views.plans.get(id)?.outcome;
const twoApps = async () => {
  const { world, log, pass } = await simulated();
  await addNode(world, 'n1');
  await deploy(world, app('/a'));
  await deploy(world, app('/b'));
  await pass(10_000);
  await world.engine.stop();
  return log.facts;
};
const spoilt = (facts: readonly StoredFact[], stream: string): readonly StoredFact[] =>
  facts.map(({ fact: _, ...stored }) => {
    const isSpoilt = stored.stream === stream && stored.type.startsWith('DeploymentEnded');
    return (isSpoilt ? { ...stored, data: '{' } : stored) as StoredFact;
  });

test('a plan that needs an app which stands still is cancelled with the reason, lets go of the others, and keeps nobody busy', async () => {
  const { world, log, pass } = await simulated(spoilt(await twoApps(), 'app-/a'));
  expect([...world.engine.quarantined().keys()]).toEqual(['app-/a']);
  for (const force of [false, true]) {
    const id = plan(world, { scale: [app('/b', { instances: 2 }), app('/a', { instances: 2 })], force });
    await pass(10_000);
    expect(outcomeOf(world, id)).toBe('cancelled');
    expect(reasonOf(log.facts, id)).toContain('app-/a is quarantined');
    expect(world.engine.views.apps.get('/b')?.deployment).toBeUndefined();
  }
  const head = log.head();
  await pass(60_000);
  expect(log.head() - head).toBeLessThan(10);
  await world.engine.stop();
});

test('an app that breaks while the plan moves it ends the plan, too', async () => {
  const { world, log, pass } = await simulated(await twoApps());
  const id = plan(world, { scale: [app('/a', { cpus: 1000 }), app('/b', { instances: 2 })] });
  await pass(10_000);
  const part = world.engine.views.apps.get('/a')?.deployment ?? '';
  expect(world.engine.views.apps.get('/b')?.held).toBe(true);
  await world.engine.stop();
  const broken = log.facts.map(({ fact: _, ...stored }) =>
    stored.stream === streamOf('deployment', part) && stored.type.startsWith('SlotsChanged') ? { ...stored, data: '{' } : stored,
  ) as readonly StoredFact[];
  const next = await simulated(broken);
  await next.pass(10_000);
  expect(outcomeOf(next.world, id)).toBe('cancelled');
  expect(reasonOf(next.log.facts, id)).toContain(`deployment-${part} is quarantined`);
  expect(next.world.engine.views.apps.get('/b')?.deployment).toBeUndefined();
  await next.world.engine.stop();
});

test('an app that was to go and is gone already keeps no plan up, not even over a restart', async () => {
  const { world, log, pass, restart } = await simulated(await twoApps());
  const id = plan(world, { stop: ['/ghost'], scale: [app('/a', { cpus: 1000 }), app('/b', { cmd: 'serve --new' })] });
  await pass(5000);
  expect(world.engine.views.plans.get(id)).toMatchObject({ state: 'stepping', step: 1 });
  await restart();
  await pass(5000);
  expect(reasonOf(log.facts, id)).toBeUndefined();
  expect(world.engine.views.plans.get(id)).toMatchObject({ state: 'stepping', step: 1 });
  await deploy(world, app('/c'));
  const alone = plan(world, { stop: ['/nobody', '/c'] });
  await pass(60_000);
  expect(outcomeOf(world, alone)).toBe('succeeded');
  await world.engine.stop();
});

test('a plan that is taken over from before it began takes nothing back', async () => {
  const { world, log, pass } = await simulated(await twoApps());
  const first = plan(world, { scale: [app('/a', { instances: 2 })], force: true });
  // It is recorded, and nothing follows from it yet.
  while (world.engine.views.plans.running().length === 0) await Promise.resolve();
  const second = plan(world, { scale: [app('/a', { instances: 3 })], force: true });
  await pass(60_000);
  expect([outcomeOf(world, first), outcomeOf(world, second)]).toEqual(['cancelled', 'succeeded']);
  expect(reasonOf(log.facts, first)).toBe(`superseded by ${second}`);
  expect(world.engine.views.apps.get('/a')?.slots).toEqual({ [world.engine.views.apps.get('/a')?.target.configVersion ?? '']: 3 });
  await world.engine.stop();
});

test('ids that a plan had taken are free again when it ends before their apps came', async () => {
  const { world, log, pass } = await simulated(spoilt(await twoApps(), 'app-/a'));
  const id = plan(world, { scale: [app('/new'), app('/b', { dependencies: ['/new'] }), app('/a')] });
  await pass(10_000);
  expect(outcomeOf(world, id)).toBe('cancelled');
  expect(log.facts.some(({ type, data }) => type.startsWith('MembersClaimed') && data.includes('"/new"'))).toBe(true);
  expect(world.engine.views.groups.member('/new')).toBeUndefined();
  expect(world.engine.views.groups.member('/b')?.dependencies).toEqual([]);
  await world.engine.stop();
});

test('an id that was taken for an app that never came is free again', async () => {
  const { world, pass } = await simulated(await twoApps());
  const claim: GroupCommand = { type: 'ClaimMembers', members: [{ id: '/never', kind: 'app', dependencies: [] }] };
  const claimed = world.engine.precede(ROOT_GROUP, claim, { id: world.ids.next(), by: 'tester', body: {} });
  await pass(0);
  await claimed;
  expect(world.engine.views.groups.member('/never')).toBeDefined();
  await pass(2 * CLAIM_UNUSED_MS);
  expect(world.engine.views.groups.member('/never')).toBeUndefined();
  expect([...world.engine.views.groups.members()].map(({ id }) => id)).toEqual(['/a', '/b']);
  await world.engine.stop();
});

test('an app that a plan took over from a deployment heals while it waits for its turn', async () => {
  const { world, pass } = await simulated(await twoApps());
  const [before] = world.engine.views.instances.ofApp('/b');
  await deploy(world, app('/b', { cpus: 1000, cmd: 'serve --never' }));
  await pass(5000);
  const id = plan(world, { scale: [app('/a', { cpus: 1000, cmd: 'serve --never' }), app('/b', { instances: 1 })], force: true });
  await pass(5000);
  expect(world.engine.views.plans.get(id)?.state).toBe('stepping');
  expect(world.engine.views.apps.get('/b')).toMatchObject({ held: true });
  world.hosts.host('n1', { cpus: 16, mem: 65_536, disk: 1_000_000, gpus: 0, hostname: 'n1', address: '127.0.0.1' }).crash(before?.id ?? '');
  await pass(30_000);
  const ready = world.engine.views.instances.ofApp('/b').filter(({ state }) => state === 'running.unchecked');
  expect(ready.map(({ version }) => version)).toEqual([before?.version]);
  expect(ready[0]?.id).not.toBe(before?.id);
  await world.engine.stop();
});
