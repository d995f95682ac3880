import { expect, test } from 'vitest';
import { streamOf } from '../../src/domain/kernel/ids.ts';
import type { NodeCommand } from '../../src/domain/node/node.commands.ts';
import type { SimulatedWorld } from '../simulation/world.ts';
import { cluster, comesToRest, deploy, ofWeb, ready } from '../support/stories.ts';
import { answersIn, told } from './support.ts';

/* Why a node would not take an instance and why instances wait, in runs of the engine; what is said to help is then done. */

const web = (more: Readonly<Record<string, unknown>> = {}) => ({ id: '/web', cmd: 'serve', cpus: 4, mem: 64, instances: 2, ...more });
const onNode = (world: SimulatedWorld, node: string, command: NodeCommand) => world.submit(streamOf('node', node), command);
const whyNot = (world: SimulatedWorld, node: string, position?: number) => {
  const { placement, past } = answersIn(world);
  return told(placement.whyNot('/web', node, position ?? past.head()));
};
const whyWaiting = (world: SimulatedWorld, app = '/web') => {
  const { placement, past } = answersIn(world);
  return told(placement.whyWaiting(app, past.head()));
};

test('a node that would take one more is said to', async () => {
  const world = await cluster(1);
  await deploy(world, web({ cpus: 1, instances: 1 }));
  await world.pass(5000);
  expect(whyNot(world, 'n1')).toMatchObject({
    failed: [],
    free: { cpus: 5 },
    paragraph: ['Node n1 would take one more instance of /web: it passes every filter.'],
  });
});

test('a cordoned and full node names both, and what is said to help lets the instance run there', async () => {
  const world = await cluster(2);
  await deploy(world, web());
  await world.pass(5000);
  await onNode(world, 'n2', { type: 'CordonNode', reason: 'new disk' });
  await deploy(world, web({ instances: 3 }));
  await world.pass(5000);
  const answer = whyNot(world, 'n2');
  expect(answer.failed.map(({ filter, reason }) => [filter, reason])).toEqual([
    ['maintenance', 'AgentMaintenance'],
    ['cpus', 'InsufficientCpus'],
  ]);
  expect(answer.failed[1]?.because).toBe('wants 4 cpus, 2 left of 6');
  expect(answer.smallest?.map(({ kind }) => kind)).toEqual(['uncordon', 'lower']);
  expect(answer.paragraph.at(-1)).toBe('The smallest change that lets it run there: uncordon n2, and ask for 2 cpus instead of 4.');
  const waiting = whyWaiting(world);
  expect(waiting.waiting).toMatchObject([
    {
      count: 1,
      waitsFor: 'place',
      nodes: 2,
      fitting: 0,
      excluded: { maintenance: 1, cpus: 1 },
      failing: { maintenance: 1, cpus: 2 },
      smallest: { node: 'n1' },
    },
  ]);
  expect(waiting.paragraph.join(' ')).toContain('The smallest change that lets one run, on node n1: ask for 2 cpus instead of 4.');

  await onNode(world, 'n2', { type: 'UncordonNode' });
  await deploy(world, web({ instances: 3, cpus: 2 }), { force: true });
  await comesToRest(world);
  expect(ready(world)).toHaveLength(3);
  expect(whyWaiting(world).paragraph[0]).toBe('No instance of /web waited for a place or for its back-off.');
});

test('a port that is taken is named with its holder; once that has gone the node takes the instance', async () => {
  const world = await cluster(1);
  await deploy(world, {
    id: '/api',
    cmd: 'serve',
    cpus: 1,
    mem: 64,
    instances: 1,
    portDefinitions: [{ port: 31_010 }],
    requirePorts: true,
  });
  await deploy(world, web({ cpus: 1, instances: 1, portDefinitions: [{ port: 31_010 }], requirePorts: true }));
  await world.pass(5000);
  const [holder] = world.engine()?.views.instances.ofApp('/api') ?? [];
  expect(whyNot(world, 'n1').failed).toMatchObject([
    {
      filter: 'ports',
      changes: [
        { kind: 'any-port', ports: [31_010] },
        { kind: 'stop', stop: [holder?.id], text: `free the ports that are held: 31010 by ${holder?.id} of /api` },
      ],
    },
  ]);
  await deploy(world, {
    id: '/api',
    cmd: 'serve',
    cpus: 1,
    mem: 64,
    instances: 0,
    portDefinitions: [{ port: 31_010 }],
    requirePorts: true,
  });
  await comesToRest(world);
  expect(ready(world).map(({ node, hostPorts }) => [node, hostPorts])).toEqual([['n1', [31_010]]]);
});

test('a constraint that keeps an instance away is to be dropped, and the node that is nearest to taking it is named', async () => {
  const world = await cluster(3, (n) => (n === 3 ? 'b' : 'a'));
  await deploy(world, web({ cpus: 1, instances: 3, constraints: [['@zone', 'MAX_PER', '1']] }));
  await world.pass(5000);
  expect(ready(world)).toHaveLength(2);
  const { waiting } = whyWaiting(world);
  expect(waiting).toMatchObject([{ excluded: { constraint: 3 }, smallest: { changes: [{ kind: 'raise-max-per', to: 2 }] } }]);
  expect(whyNot(world, 'n3').failed[0]?.because).toBe("@zone MAX_PER 1: @zone is b, which holds 1 of the app's instances");
  await deploy(world, web({ cpus: 1, instances: 3, constraints: [['@zone', 'MAX_PER', '2']] }), { force: true });
  await comesToRest(world);
  expect(ready(world)).toHaveLength(3);
});

test('what held at an earlier position is told of that position', async () => {
  const world = await cluster(1);
  await deploy(world, web({ instances: 1 }));
  await world.pass(5000);
  const full = answersIn(world).past.head();
  await deploy(world, web({ instances: 0 }));
  await comesToRest(world);
  expect(whyNot(world, 'n1', full).failed).toMatchObject([{ filter: 'cpus', because: 'wants 4 cpus, 2 left of 6' }]);
  expect(whyNot(world, 'n1').failed).toEqual([]);
});

test('an instance in its back-off waits for that, and not for a place', async () => {
  const world = await cluster(1);
  world.controls('n1').startFails('CommandNotFound', { times: Number.POSITIVE_INFINITY });
  await deploy(world, web({ instances: 1, backoffSeconds: 60 }));
  await world.pass(10_000);
  expect(ofWeb(world)[0]?.state).toBe('waiting');
  expect(whyWaiting(world).waiting).toMatchObject([{ waitsFor: 'back-off', until: expect.any(String), count: 1 }]);
});

test('an app or a node that was not there is not spoken of', async () => {
  const world = await cluster(1);
  await deploy(world, web({ instances: 1 }));
  await world.pass(1000);
  const { placement, past } = answersIn(world);
  expect(placement.whyNot('/nothing', 'n1', past.head())).toMatchObject({
    left: { code: 'not-found', message: expect.stringContaining('/nothing') },
  });
  expect(placement.whyNot('/web', 'n9', past.head())).toMatchObject({
    left: { code: 'not-found', message: expect.stringContaining("'n9'") },
  });
  expect(placement.whyNot('/web', 'n1', 1)).toMatchObject({ left: { code: 'not-found' } });
  expect(placement.whyWaiting('/nothing', past.head())).toMatchObject({ left: { code: 'not-found' } });
});
