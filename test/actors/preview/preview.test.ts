import { expect, test } from 'vitest';
import type { Json } from '../../support/api.ts';
import { simulatedServer } from '../../support/simulatedServer.ts';

const web = (more: object = {}) => ({ id: '/web', cmd: 'serve', cpus: 1, mem: 64, instances: 2, ...more });

const deployed = async (nodes = 2) => {
  const server = await simulatedServer(nodes);
  await server.api.ask('PUT', '/v2/apps//web', web());
  await server.atRest();
  return server;
};

test('a plan tells what a rolling update does, and writes nothing', async () => {
  const { engine, api } = await deployed();
  const before = engine.log.head();
  const { goes, changes } = await api.ask('POST', '/v1/plan', web({ cmd: 'serve better', labels: { a: 'b' } }));
  expect(engine.log.head()).toBe(before);
  expect(goes).toBe(true);
  const [change] = changes;
  expect(change).toMatchObject({ app: '/web', does: 'changes', replaces: true, problems: [] });
  expect(change.diff).toMatchObject([
    { field: 'cmd', replaces: true },
    { field: 'labels', replaces: false },
  ]);
  expect(change.deployment.strategy).toBe('rolling.v2');
  expect(change.held.before.cpus).toBe(2);
  expect(change.held.most.cpus).toBeGreaterThan(2);
  const starts = change.steps.flatMap(({ starts = [] }) => starts);
  expect(starts).toHaveLength(2);
  expect(starts.every(({ node }: { node: string }) => node.startsWith('berth-'))).toBe(true);
  expect(change.steps.at(-1)).toMatchObject({ does: 'ends', says: 'ends: succeeded' });
});

test('what runs afterwards is what the plan said', async () => {
  const { engine, api, atRest } = await deployed();
  const wanted = web({ cmd: 'serve better', instances: 3 });
  const { changes } = await api.ask('POST', '/v1/plan', wanted);
  const last = Object.values(changes[0].steps.at(-1).instances).filter(({ live }: Json) => live > 0);
  await api.ask('PUT', '/v2/apps//web', wanted);
  await atRest();
  expect(last).toEqual([{ live: 3, ready: 3, leaving: 0 }]);
  expect(Object.values(engine.views.instances.tallies('/web')).filter(({ live }) => live > 0)).toMatchObject([{ live: 3, ready: 3 }]);
});

test('a plan says which node lacks what where there is no room', async () => {
  const { api } = await deployed();
  const { goes, changes } = await api.ask('POST', '/v1/plan', web({ cpus: 100_000 }));
  expect(goes).toBe(false);
  expect(changes[0].problems[0]).toContain('find no place');
  expect(changes[0].problems.join()).toContain('berth-1');
});

test('a constraint that no node meets fails in the plan', async () => {
  const { api } = await deployed();
  const { goes, warnings } = await api.ask('POST', '/v1/plan', web({ constraints: [['rack', 'CLUSTER', 'nowhere']] }));
  expect(goes).toBe(false);
  expect(warnings.join()).toContain('/constraints');
});

test('a canary shows its shares, its waits and its approval', async () => {
  const { api } = await deployed();
  const deployment = {
    strategy: 'canary',
    parameters: {
      steps: [
        { weight: 10, seconds: 60 },
        { weight: 50, seconds: 120 },
      ],
    },
  };
  const { changes } = await api.ask('POST', '/v1/plan', web({ cmd: 'serve better', deployment }));
  const { steps, problems } = changes[0];
  expect(problems).toEqual([]);
  expect(steps.filter(({ does }: Json) => does === 'waits').map(({ waitMs }: Json) => waitMs)).toEqual([60_000, 120_000]);
  const fresh = changes[0].deployment.to.configVersion;
  expect(steps.filter(({ does }: Json) => does === 'traffic').map(({ weights }: Json) => weights[fresh])).toEqual(
    expect.arrayContaining([10, 50]),
  );
  expect(steps.at(-1).elapsedMs).toBe(180_000);
});

test('what is there already is no change', async () => {
  const { api } = await deployed();
  const { goes, changes } = await api.ask('POST', '/v1/plan', web());
  expect(goes).toBe(true);
  expect(changes).toMatchObject([{ does: 'nothing', diff: [], steps: [] }]);
});
