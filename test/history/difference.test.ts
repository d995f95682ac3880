import { expect, test } from 'vitest';
import { streamOf } from '../../src/domain/kernel/ids.ts';
import type { NodeCommand } from '../../src/domain/node/node.commands.ts';
import type { DifferenceQuery } from '../../src/domain/ports/difference.ts';
import { differencesOf } from '../../src/history/difference/difference.ts';
import { addNode } from '../simulation/script.ts';
import type { SimulatedWorld } from '../simulation/world.ts';
import { cluster, comesToRest, deploy } from '../support/stories.ts';
import { pastOf } from './recorded.ts';

const web = (version: number, more: Readonly<Record<string, unknown>> = {}) => ({
  id: '/web',
  cmd: `serve ${version}`,
  cpus: 1,
  mem: 64,
  instances: 3,
  env: { TOKEN: `hunter${version}` },
  ...more,
});
const tell = (world: SimulatedWorld, node: string, command: NodeCommand) => world.submit(streamOf('node', node), command);
const between = (world: SimulatedWorld, from: number, more: Partial<DifferenceQuery> = {}) =>
  differencesOf(pastOf(world)).between({ from, to: world.log.head(), kinds: [], ...more });

test('what changed is told by noun, with the fact, who and by which request', async () => {
  const world = await cluster(2);
  await deploy(world, web(1));
  await deploy(world, { id: '/old', cmd: 'serve', cpus: 0.1, mem: 32, instances: 1 });
  await comesToRest(world);
  const from = world.log.head();
  const { deployment } = await deploy(world, web(2, { instances: 2 }));
  await comesToRest(world);
  await deploy(world, { id: '/new', cmd: 'serve', cpus: 0.1, mem: 32, instances: 1 });
  addNode(world, 'n3', 'b');
  await tell(world, 'n1', { type: 'CordonNode', reason: 'a new disk' });
  await world.submit(streamOf('app', '/old'), { type: 'DestroyApp', deployment: world.ids.next(), force: false } as never);
  await comesToRest(world);

  const told = between(world, from);
  const app = (id: string) => told.apps?.find((each) => each.app === id);
  expect(told.from.position).toBe(from);
  expect(app('/web')).toMatchObject({ became: 'changed', sealed: ['env.TOKEN'], instances: { from: 3, to: 2 } });
  expect(app('/web')?.fields).toMatchObject([
    { field: 'cmd', from: 'serve 1', to: 'serve 2', mark: { type: 'AppVersionAdded', by: 'operator', stream: 'app-/web' } },
    { field: 'instances', from: 3, to: 2 },
  ]);
  const request = app('/web')?.facts[0]?.request;
  expect(pastOf(world).stream(`request-${request}`)[0]?.fact).toMatchObject({ command: 'DeployApp', subject: 'app-/web' });
  expect(JSON.stringify(told)).not.toContain('hunter');
  expect([app('/new')?.became, app('/old')?.became]).toEqual(['created', 'removed']);
  expect(told.nodes).toMatchObject([
    { node: 'n1', became: 'changed', facts: [{ type: 'NodeCordoned', reason: 'a new disk', by: 'operator' }] },
    { node: 'n3', became: 'created' },
  ]);
  expect(told.instances?.find((each) => each.app === '/web')).toMatchObject({
    live: { from: 3, to: 2 },
    requested: 2,
    started: 2,
    ended: 3,
  });
  expect(Object.keys(told.instances?.find((each) => each.app === '/web')?.byCause ?? {})).toEqual([expect.stringMatching(/^stopped: /)]);
  expect(told.deployments?.find((each) => each.deployment === deployment)).toMatchObject({
    app: '/web',
    strategy: 'rolling',
    began: { by: 'operator' },
    ended: { outcome: 'succeeded' },
  });
});

test('a change that was taken back leaves no field, and whoever came and went is told of', async () => {
  const world = await cluster(2);
  await deploy(world, web(1));
  await comesToRest(world);
  const from = world.log.head();
  await deploy(world, web(2));
  await comesToRest(world);
  await deploy(world, web(1));
  await deploy(world, { id: '/brief', cmd: 'serve', cpus: 0.1, mem: 32, instances: 1 });
  await comesToRest(world);
  await world.submit(streamOf('app', '/brief'), { type: 'DestroyApp', deployment: world.ids.next(), force: false } as never);
  await comesToRest(world);
  expect(between(world, from).apps?.map(({ app, became, fields, facts }) => [app, became, fields.length, facts.length])).toEqual([
    ['/web', 'changed and back', 0, 2],
    ['/brief', 'came and went', 0, 2],
  ]);
});

test('one app, one group and one kind can be asked for, and nothing between two equal moments', async () => {
  const world = await cluster(2);
  const from = world.log.head();
  for (const id of ['/shop/web', '/shop/db', '/other']) await deploy(world, { id, cmd: 'serve', cpus: 0.1, mem: 32, instances: 1 });
  await comesToRest(world);
  const apps = (more: Partial<DifferenceQuery>) => between(world, from, more).apps?.map(({ app }) => app);
  expect(apps({})).toEqual(['/shop/web', '/shop/db', '/other']);
  expect(apps({ app: '/shop/db' })).toEqual(['/shop/db']);
  expect(apps({ group: '/shop' })).toEqual(['/shop/web', '/shop/db']);
  expect(Object.keys(between(world, from, { kinds: ['nodes', 'apps'] }))).toEqual(['from', 'to', 'apps', 'nodes']);
  const all = between(world, from, { app: '/shop/db' });
  expect(all.instances?.map(({ app, requested }) => [app, requested])).toEqual([['/shop/db', 1]]);
  const nothing = between(world, world.log.head());
  expect([nothing.apps, nothing.nodes, nothing.instances, nothing.deployments]).toEqual([[], [], [], []]);
});
