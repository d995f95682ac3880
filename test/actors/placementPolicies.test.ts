import { expect, test } from 'vitest';
import { GANG_SETTLE_MS } from '../../src/actors/scheduler.ts';
import type { InstanceFact } from '../../src/domain/instance/instance.facts.ts';
import { holdsResources, phaseOf } from '../../src/domain/instance/instance.states.ts';
import { streamOf } from '../../src/domain/kernel/ids.ts';
import type { NodeCommand } from '../../src/domain/node/node.commands.ts';
import { addNode } from '../simulation/script.ts';
import type { SimulatedWorld } from '../simulation/world.ts';
import { cluster, comesToRest, deploy, viewsOf } from '../support/stories.ts';

/* What apps say of their placement, through the whole engine, in simulated time. Each node has six cpus. */

const appOf = (id: string, placement: object | undefined, more: Readonly<Record<string, unknown>> = {}) => ({
  id,
  cmd: 'serve',
  cpus: 1,
  mem: 32,
  ...(placement !== undefined && { placement }),
  ...more,
});
const live = (world: SimulatedWorld, app: string) => viewsOf(world).instances.ofApp(app);
const nodesOf = (world: SimulatedWorld, app: string) =>
  live(world, app)
    .filter(({ state }) => holdsResources(state))
    .map(({ node }) => node ?? '')
    .sort();
const waiting = (world: SimulatedWorld, app: string) => live(world, app).filter(({ state }) => state === 'requested');
const factsOf = (world: SimulatedWorld, type: InstanceFact['type']) =>
  [...world.audit.streams.values()].flatMap(({ facts }) => facts.filter(({ fact }) => fact.type === type)).map(({ fact }) => fact);
const tell = (world: SimulatedWorld, node: string, command: NodeCommand) => world.submit(streamOf('node', node), command);
const zones = () => cluster(4, (n) => (n % 2 === 0 ? 'even' : 'odd'));

test('an app waits for the one it is to be beside, and follows it', async () => {
  const world = await zones();
  await deploy(world, appOf('/web', { affinity: [{ app: '/db', field: '@zone' }] }, { instances: 4 }));
  await world.pass(1000);
  expect(waiting(world, '/web')).toHaveLength(4);
  expect(factsOf(world, 'PlacementDeferred')[0]).toMatchObject({ considered: 4, excluded: { affinity: 4 } });
  await deploy(world, appOf('/db', undefined, { constraints: [['@zone', 'IS', 'even']] }));
  await comesToRest(world);
  expect(new Set(nodesOf(world, '/web'))).toEqual(new Set(['n2', 'n4']));
});

test('who is kept apart is so whoever comes first, also after a restart, until the rule is dropped in place', async () => {
  const world = await zones();
  await deploy(world, appOf('/web', { antiAffinity: [{ app: '/batch' }] }, { instances: 3 }));
  await comesToRest(world);
  const [web] = [nodesOf(world, '/web')];
  expect(new Set(web).size).toBe(3);
  world.kill();
  await world.start();
  await world.pass(100);
  await deploy(world, appOf('/batch', undefined, { instances: 8 }));
  await world.pass(5000);
  const free = ['n1', 'n2', 'n3', 'n4'].find((node) => !web.includes(node));
  expect(new Set(nodesOf(world, '/batch'))).toEqual(new Set([free]));
  expect(waiting(world, '/batch')).toHaveLength(2);
  expect(factsOf(world, 'PlacementDeferred').at(-1)).toMatchObject({ excluded: { 'anti-affinity': 3, cpus: 1 } });
  const before = live(world, '/web').map(({ id }) => id);
  await deploy(world, appOf('/web', undefined, { instances: 3 }));
  await comesToRest(world);
  expect(waiting(world, '/batch')).toEqual([]);
  expect(live(world, '/web').map(({ id }) => id)).toEqual(before);
});

test('a wish is met where it can be, and the fact says what it cost where not', async () => {
  const world = await zones();
  await deploy(world, appOf('/web', { policy: 'binpack', prefer: [{ constraint: ['@zone', 'IS', 'odd'], weight: 5 }] }, { instances: 13 }));
  await comesToRest(world);
  expect(nodesOf(world, '/web').filter((node) => node === 'n1' || node === 'n3')).toHaveLength(12);
  const scores = factsOf(world, 'InstancePlaced').map((fact) => (fact as { readonly score?: number }).score ?? 0);
  expect(scores.filter((score) => score < 1)).toHaveLength(12);
  expect(scores.filter((score) => score >= 5 && score < 6)).toHaveLength(1);
});

test('bin packing fills a node before the next', async () => {
  const world = await zones();
  await deploy(world, appOf('/web', { policy: 'binpack' }, { instances: 6 }));
  await comesToRest(world);
  expect(new Set(nodesOf(world, '/web')).size).toBe(1);
});

test('a node lends more than it has while it is told to, and what runs stays when it no longer is', async () => {
  const world = await cluster(1);
  await deploy(world, appOf('/web', undefined, { instances: 9 }));
  await world.pass(5000);
  expect(nodesOf(world, '/web')).toHaveLength(6);
  await tell(world, 'n1', { type: 'OversubscribeNode', oversubscribe: { cpus: 1.5 } });
  await comesToRest(world);
  expect(nodesOf(world, '/web')).toHaveLength(9);
  await tell(world, 'n1', { type: 'OversubscribeNode', oversubscribe: {} });
  await deploy(world, appOf('/api', undefined));
  await world.pass(5000);
  expect([nodesOf(world, '/web').length, waiting(world, '/api').length]).toEqual([9, 1]);
});

const gang = (instances: number, id = '/gang') => appOf(id, { gang: true }, { instances });

test('a gang waits whole, holds nothing, says how many fit, and starts when there is room for all', async () => {
  const world = await cluster(2);
  await deploy(world, gang(14));
  await world.pass(GANG_SETTLE_MS * 2);
  expect(waiting(world, '/gang')).toHaveLength(14);
  expect(factsOf(world, 'InstancePlaced')).toEqual([]);
  const deferred = factsOf(world, 'PlacementDeferred');
  expect(deferred).toHaveLength(14);
  for (const fact of deferred) expect(fact).toMatchObject({ gang: { size: 14, fits: 12 }, excluded: { cpus: 2 } });
  // What it does not hold others may have.
  await deploy(world, appOf('/other', undefined, { instances: 10 }));
  await world.pass(5000);
  expect(nodesOf(world, '/other')).toHaveLength(10);
  addNode(world, 'n3', 'a');
  await world.pass(5000);
  expect(waiting(world, '/gang')).toHaveLength(14);
  addNode(world, 'n4', 'a');
  await comesToRest(world);
  expect(nodesOf(world, '/gang')).toHaveLength(14);
});

test('of two gangs for which there is no room together one goes, and then the other', async () => {
  const world = await cluster(2);
  await Promise.all([deploy(world, gang(8, '/one')), deploy(world, gang(8, '/two'))]);
  await world.pass(GANG_SETTLE_MS);
  expect([nodesOf(world, '/one').length, nodesOf(world, '/two').length].sort()).toEqual([0, 8]);
  const [first = '', second = ''] = nodesOf(world, '/one').length === 8 ? ['/one', '/two'] : ['/two', '/one'];
  await deploy(world, gang(0, first));
  await comesToRest(world);
  expect(nodesOf(world, second)).toHaveLength(8);
});

test('one that is lost is replaced by itself', async () => {
  const world = await cluster(2);
  await deploy(world, gang(8));
  await comesToRest(world);
  const lost = live(world, '/gang')[0];
  await world.submit(streamOf('instance', lost?.id ?? ''), {
    type: 'StopInstance',
    reason: 'test',
    signal: 'SIGTERM',
    drainMs: 0,
    graceMs: 1000,
  } as never);
  await comesToRest(world);
  const members = live(world, '/gang').filter(({ state }) => phaseOf(state) === 'ready');
  expect(members).toHaveLength(8);
  expect(members.filter((row) => row.gang === undefined)).toHaveLength(1);
});

test('what is added later at once is a gang of its own, and one that shrinks while it waits goes with who is left', async () => {
  const world = await cluster(2);
  await deploy(world, gang(8));
  await comesToRest(world);
  const more = await deploy(world, gang(14));
  await world.pass(5000);
  expect([nodesOf(world, '/gang').length, waiting(world, '/gang').length]).toEqual([8, 6]);
  expect(waiting(world, '/gang')[0]?.gang).toMatchObject({ size: 6 });
  expect(more.deployment).toBeDefined();
  await deploy(world, gang(12), { force: true });
  await comesToRest(world);
  expect(nodesOf(world, '/gang')).toHaveLength(12);
});

test('a gang that waits is still one after a restart', async () => {
  const world = await cluster(1);
  await deploy(world, gang(8));
  await world.pass(5000);
  world.kill();
  await world.start();
  await world.pass(GANG_SETTLE_MS * 2);
  expect(waiting(world, '/gang')).toHaveLength(8);
  expect(new Set(waiting(world, '/gang').map((row) => row.gang?.id)).size).toBe(1);
  addNode(world, 'n2', 'a');
  await comesToRest(world);
  expect(nodesOf(world, '/gang')).toHaveLength(8);
});
