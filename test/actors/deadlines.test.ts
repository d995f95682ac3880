import { expect, test } from 'vitest';
import type { DeploymentCommand } from '../../src/domain/deployment/deployment.commands.ts';
import type { DeploymentFact } from '../../src/domain/deployment/deployment.facts.ts';
import { streamOf } from '../../src/domain/kernel/ids.ts';
import type { SimulatedWorld } from '../simulation/world.ts';
import { cluster, comesToRest, deploy, ready, viewsOf } from '../support/stories.ts';

/* What a deployment may take, in simulated time: of a new version that never becomes ready. */

const web = (deployment: Readonly<Record<string, unknown>>, more: Readonly<Record<string, unknown>> = {}) => ({
  id: '/web',
  cmd: 'serve',
  cpus: 1,
  mem: 64,
  instances: 2,
  deployment,
  ...more,
});
/** Nobody listens there, and nobody is killed for it while the test lasts. */
const NEVER_READY = {
  env: { V: '2' },
  healthChecks: [{ protocol: 'TCP', port: 1, gracePeriodSeconds: 3600, maxConsecutiveFailures: 100 }],
};

const told = (world: SimulatedWorld, deployment: string) =>
  (world.audit.streams.get(streamOf('deployment', deployment))?.facts ?? []).map(({ fact, meta }) => ({
    fact: fact as DeploymentFact,
    at: meta.at,
  }));
const momentOf = (world: SimulatedWorld, deployment: string, type: DeploymentFact['type']): number | undefined =>
  told(world, deployment).find(({ fact }) => fact.type === type)?.at;
const say = (world: SimulatedWorld, deployment: string, command: DeploymentCommand) =>
  world.submit(streamOf('deployment', deployment), command);

const stuck = async (policy: Readonly<Record<string, unknown>>) => {
  const world = await cluster(3);
  await deploy(world, web({}));
  await comesToRest(world);
  const version = viewsOf(world).apps.get('/web')?.target.configVersion;
  const { deployment } = await deploy(world, web(policy, NEVER_READY));
  const since = world.clock.now();
  const isBack = async () => {
    await comesToRest(world);
    expect(viewsOf(world).deployments.get(deployment)?.outcome).toBe('failed');
    expect(ready(world).map((row) => row.version)).toEqual([version, version]);
  };
  return { world, deployment, since, isBack };
};

/** Seconds from the beginning to the first fact that tells of a late instance. */
const lateAfter = (world: SimulatedWorld, deployment: string, since: number): number =>
  Math.round(
    ((told(world, deployment).find(({ fact }) => fact.type === 'SlotsChanged' && Object.values(fact.tallies).some(({ late }) => late))
      ?.at ?? Number.NaN) -
      since) /
      1000,
  );

test('an instance that is not ready in time is late, and the deployment goes back', async () => {
  const { world, deployment, since, isBack } = await stuck({ healthyDeadlineSeconds: 30 });
  await world.pass(29_000);
  expect(lateAfter(world, deployment, since)).toBeNaN();
  await isBack();
  expect(lateAfter(world, deployment, since)).toBe(30);
});

test('who is late is late at the same moment when the engine was away meanwhile', async () => {
  const { world, deployment, since, isBack } = await stuck({ healthyDeadlineSeconds: 30 });
  await world.pass(10_000);
  world.kill();
  await world.pass(5000);
  void world.start();
  await isBack();
  expect(lateAfter(world, deployment, since)).toBe(30);
});

test('an instance that was ready before is not late when it falls ill', async () => {
  const world = await cluster(3);
  const checked = {
    instances: 1,
    portDefinitions: [{ port: 10_000 }],
    healthChecks: [{ protocol: 'TCP', portIndex: 0, intervalSeconds: 2, maxConsecutiveFailures: 1000 }],
  };
  await deploy(world, web({}, checked));
  await comesToRest(world);
  const { deployment } = await deploy(
    world,
    web(
      { strategy: 'canary', healthyDeadlineSeconds: 60, parameters: { steps: [{ weight: 10, seconds: 600 }] } },
      { ...checked, env: { V: '2' } },
    ),
  );
  await world.pass(20_000);
  const fresh = viewsOf(world).apps.get('/web')?.target.configVersion ?? '';
  const one = ready(world).find(({ version }) => version === fresh);
  world.sick.add(one?.id ?? '');
  await world.pass(120_000);
  const { tallies } = viewsOf(world).deployments.get(deployment) ?? {};
  expect(tallies?.[fresh]).toEqual({ live: 1, ready: 0, leaving: 0, failed: 0, unhealthy: 1 });
  world.sick.clear();
  await world.pass(20_000);
  expect(viewsOf(world).deployments.get(deployment)?.tallies[fresh]).toEqual({ live: 1, ready: 1, leaving: 0, failed: 0 });
});

test('a deployment in which nothing becomes ready for too long stalls, also over a restart', async () => {
  const { world, deployment, isBack } = await stuck({ progressDeadlineSeconds: 40 });
  await world.pass(20_000);
  const due = told(world, deployment).flatMap(({ fact }) => (fact.type === 'SlotsChanged' ? (fact.progressBy ?? []) : []))[0];
  world.kill();
  await world.pass(5000);
  void world.start();
  await isBack();
  expect(momentOf(world, deployment, 'ProgressStalled')).toBe(due);
});

test('while it is paused no progress is due, and what was left of the time is left after it', async () => {
  const { world, deployment, isBack } = await stuck({ progressDeadlineSeconds: 40 });
  await world.pass(20_000);
  await say(world, deployment, { type: 'PauseDeployment', reason: 'lunch' });
  const due = told(world, deployment).flatMap(({ fact }) => (fact.type === 'SlotsChanged' ? (fact.progressBy ?? []) : []))[0] ?? 0;
  await world.pass(300_000);
  expect(momentOf(world, deployment, 'ProgressStalled')).toBeUndefined();
  await say(world, deployment, { type: 'ResumeDeployment' });
  await isBack();
  expect(momentOf(world, deployment, 'ProgressStalled')).toBe(due + 300_000);
});
