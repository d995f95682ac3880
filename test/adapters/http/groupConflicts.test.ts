import { describe, expect, test } from 'vitest';
import { differenceOf } from '../../../src/domain/group/difference.ts';
import { ROOT_GROUP } from '../../../src/domain/group/group.facts.ts';
import { submit } from '../../support/world.ts';
import { type Running, running } from './running.ts';

const app = (id: string, over: object = {}) => ({ id, cmd: 'serve', instances: 1, cpus: 0.1, mem: 16, ...over });
const stuck = { constraints: [['rack', 'LIKE', 'nowhere']] };

const atRest = ({ world, until }: Running): Promise<void> => {
  const { plans, deployments } = world.engine.views;
  return until(() => plans.running().length === 0 && deployments.running().length === 0, 'nothing is deployed');
};

/** Two apps of a group, of which `/g/b` is moved by a deployment of its own that gets nowhere. */
const withOneLocked = async (): Promise<Running> => {
  const made = await running();
  await made.call('PUT', '/v2/groups/g', { apps: [app('a'), app('b')] });
  await atRest(made);
  await made.call('PATCH', '/v2/apps/g/b', stuck);
  return made;
};

/** A plan that gives both another command, asked for in the moment before the lock of `/g/b` was seen. */
const planBehindTheLock = async ({ world, until }: Running): Promise<string> => {
  const { engine, ids } = world;
  const { apps, groups, plans } = engine.views;
  const members = new Map([...apps.all()].map(({ id, definition }) => [id, definition]));
  const tree = { groups: new Map([...groups.all()].map((group) => [group.id, group])), members };
  const after = { ...tree, members: new Map([...members].map(([id, definition]) => [id, { ...definition, cmd: 'planned' }])) };
  const { moves: _, ...difference } = differenceOf(tree, after);
  const deployment = ids.next();
  const command = { type: 'ChangeGroup', group: '/g', ...difference, deployment, force: false, basedOn: groups.version() };
  await submit(world, ROOT_GROUP, command);
  await until(() => apps.get('/g/a')?.held === true && plans.get(deployment)?.state === 'holding', 'the plan waits for the lock');
  return deployment;
};

describe('a plan that waits for a lock', () => {
  test('leaves what it has not taken yet as it is when it is taken back', async () => {
    const made = await withOneLocked();
    const { call, world } = made;
    const plan = await planBehindTheLock(made);
    expect((await call('DELETE', `/v2/deployments/${plan}`)).status).toBe(200);
    expect(world.engine.views.apps.get('/g/b')?.definition).toMatchObject({ cmd: 'serve', ...stuck });
    await made.until(() => world.engine.views.plans.running().length === 0, 'both plans have ended');
    expect(world.engine.views.apps.get('/g/a')).toMatchObject({ definition: { cmd: 'serve' } });
    expect(world.engine.views.apps.get('/g/b')?.definition).toMatchObject({ cmd: 'serve', ...stuck });
  });

  test('is given up when somebody takes over by force from it, who is not overwritten', async () => {
    const made = await withOneLocked();
    const { call, world, until } = made;
    const plan = await planBehindTheLock(made);
    expect((await call('PUT', '/v2/apps/g/a?force=true', { cmd: 'mine' })).status).toBe(200);
    await until(() => world.engine.views.plans.get(plan)?.outcome !== undefined, 'the plan has ended');
    expect(world.engine.views.plans.get(plan)?.outcome).toBe('cancelled');
    expect((await call('GET', '/v2/apps/g/a')).body.app.cmd).toBe('mine');
  });
});

describe('a change of one app that is refused', () => {
  test('takes no id and no dependency in the tree with it', async () => {
    const { call, world } = await withOneLocked();
    expect((await call('PATCH', '/v2/apps/g/b', { cmd: 'other', dependencies: ['/g/a'] })).status).toBe(409);
    expect(world.engine.views.groups.member('/g/b')?.dependencies).toEqual([]);
    expect((await call('PATCH', '/v2/apps/g/a', { dependencies: ['/g/b'] })).status).toBe(200);
    const pod = { id: '/g/a', containers: [{ name: 'c', exec: { command: { shell: 'sleep 1' } }, resources: { cpus: 0.1, mem: 16 } }] };
    expect((await call('POST', '/v2/pods', pod)).status).toBe(409);
    expect(world.engine.views.groups.member('/g/a')).toMatchObject({ kind: 'app', dependencies: ['/g/b'] });
  });
});

describe('a plan that is taken back', () => {
  test('leaves groups that came meanwhile, below a group of its own too', async () => {
    const { call, world } = await running();
    const made = await call('PUT', '/v2/groups', { groups: [{ id: 'new', dependencies: ['/base'], apps: [app('n', stuck)] }] });
    for (const id of ['/other/x', '/new/y']) expect((await call('POST', '/v2/apps', app(id))).status).toBe(201);
    expect((await call('DELETE', `/v2/deployments/${made.body.deploymentId}`)).status).toBe(200);
    expect([...world.engine.views.groups.all()].map(({ id }) => id).sort()).toEqual(['/new', '/other']);
  });
});

describe('a scale of a group', () => {
  test('keeps to what an app may have', async () => {
    const { call, world } = await running();
    const single = { labels: { MARATHON_SINGLE_INSTANCE_APP: 'true' } };
    await call('PUT', '/v2/groups', {
      groups: [
        { id: 'one', apps: [app('a', single)] },
        { id: 'many', apps: [app('b', { ...stuck, instances: 2 })] },
      ],
    });
    for (const [group, scaleBy] of [
      ['one', 2],
      ['many', 1e12],
    ] as const) {
      const answer = await call('PUT', `/v2/groups/${group}?force=true`, { scaleBy });
      expect([answer.status, answer.body.details[0].path]).toEqual([422, '/scaleBy']);
    }
    expect([...world.engine.views.apps.all()].map(({ definition }) => definition.instances).sort()).toEqual([1, 2]);
  });
});
