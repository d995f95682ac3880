import { describe, expect, onTestFinished, test } from 'vitest';
import { createViews } from '../../src/projections/views.ts';
import { type Fork, type ForkOptions, forkAt } from '../../src/whatIf/fork.ts';
import { outsideOf } from '../../src/whatIf/outside.ts';
import { type RecordedCluster, recordedCluster, web } from '../support/sandbox.ts';

const forked = async (cluster: RecordedCluster, options: ForkOptions = {}, position?: number): Promise<Fork> => {
  const past = cluster.past();
  const fork = await forkAt(past, position ?? past.head(), options);
  onTestFinished(() => fork.close());
  return fork;
};

const steadyCluster = async (): Promise<RecordedCluster> => {
  const cluster = await recordedCluster();
  expect((await cluster.ask('POST', '/v2/apps', web())).status).toBe(201);
  await cluster.pass(60);
  expect(cluster.fork.engine.views.deployments.running()).toEqual([]);
  return cluster;
};

describe('a fork of a quiet moment', () => {
  test('appends nothing but the lease, and shows what was there', async () => {
    const cluster = await steadyCluster();
    const fork = await forked(cluster);
    await fork.clock.advanceSettling(fork.clock.now() + 3 * 3_600_000);
    expect(fork.tail().map(({ fact }) => fact.type)).toEqual(['LeaseTaken']);
    const { views } = fork.engine;
    const before = cluster.fork.engine.views;
    expect([...views.instances.all()]).toEqual([...before.instances.all()]);
    expect([...views.nodes.all()]).toEqual([...before.nodes.all()]);
    expect(views.apps.get('/web')).toEqual(before.apps.get('/web'));
  });

  test('goes on from there: an instance that crashes is replaced, and the past knows nothing of it', async () => {
    const cluster = await steadyCluster();
    const recorded = cluster.facts().length;
    const fork = await forked(cluster);
    const [victim] = fork.engine.views.instances.ofApp('/web');
    if (victim?.node === undefined) throw new Error('no instance');
    expect(fork.controls(victim.node).crash(victim.id)).toBe(true);
    await fork.clock.advanceSettling(fork.clock.now() + 60_000);
    expect(fork.engine.views.instances.tallies('/web')).toMatchObject({ [victim.version]: { live: 4, ready: 4, failed: 1 } });
    expect(cluster.facts()).toHaveLength(recorded);
    expect(cluster.fork.engine.views.instances.get(victim.id)?.state).toBe('running.checked.ready');
  });

  test('answers over the API and takes changes', async () => {
    const fork = await forked(await steadyCluster());
    const outside = outsideOf(fork);
    onTestFinished(() => outside.close());
    const scaled = await outside.ask({ method: 'PUT', url: '/v2/apps//web', body: { instances: 6 } });
    expect(scaled.answer?.status).toBe(200);
    await fork.clock.advanceSettling(fork.clock.now() + 60_000);
    expect(fork.engine.views.instances.ofApp('/web')).toHaveLength(6);
  });
});

describe('a fork in the midst of a deployment', () => {
  test('sees no fact behind its position, and brings the deployment to its end', async () => {
    const cluster = await recordedCluster();
    await cluster.ask('POST', '/v2/apps', web());
    await cluster.pass(60);
    const from = cluster.facts().length;
    await cluster.ask('PUT', '/v2/apps//web', { cmd: 'exec serve --new' });
    await cluster.pass(60);
    const past = cluster.past();
    const began = [...past.between(from, past.head())].find(({ fact }) => fact.type === 'DeploymentStarted');
    const position = (began?.position ?? 0) + 3;
    const fork = await forked(cluster, {}, position);
    expect(fork.log.head()).toBe(position + fork.log.tail.length);
    expect(await fork.log.readAll({ after: position - 1, max: 1 })).toMatchObject([{ position }]);
    expect(fork.engine.views.deployments.running()).toHaveLength(1);
    await fork.clock.advanceSettling(fork.clock.now() + 120_000);
    expect(fork.engine.views.deployments.running()).toEqual([]);
    const views = createViews();
    views.take([...past.between(0, past.head())]);
    expect(fork.engine.views.apps.get('/web')?.definition).toEqual(views.apps.get('/web')?.definition);
  });

  test('is the same twice', async () => {
    const cluster = await recordedCluster();
    await cluster.ask('POST', '/v2/apps', web());
    await cluster.pass(2);
    const told: string[] = [];
    for (const _ of [1, 2]) {
      const fork = await forked(cluster, { seed: 9, profile: { startMs: [300, 3_000] } });
      await fork.clock.advanceSettling(fork.clock.now() + 120_000);
      told.push(JSON.stringify(fork.tail()));
    }
    expect(told[1]).toBe(told[0]);
    expect(told[0]).toContain('ContainerStarted');
  });
});

test('a host that was out of reach is so in the sandbox, and what ran there is found again when it returns', async () => {
  const cluster = await steadyCluster();
  cluster.fork.controls('n1').partition();
  await cluster.pass(15);
  expect(cluster.fork.engine.views.nodes.get('n1')?.state).toBe('attached.unreachable');
  const fork = await forked(cluster);
  await fork.clock.advanceSettling(fork.clock.now() + 3_600_000);
  expect(fork.engine.views.nodes.get('n1')?.state).toBe('attached.unreachable');
  fork.controls('n1').heal();
  await fork.clock.advanceSettling(fork.clock.now() + 3_600_000);
  expect(fork.engine.views.nodes.get('n1')?.state).toMatch(/^attached\.answering/);
  expect(fork.engine.views.instances.tallies('/web')).toMatchObject({
    [Object.keys(fork.engine.views.instances.tallies('/web'))[0] ?? '']: { live: 4 },
  });
});
