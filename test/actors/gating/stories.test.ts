import { expect, test } from 'vitest';
import type { AppCommand } from '../../../src/domain/app/app.commands.ts';
import type { DeploymentFact } from '../../../src/domain/deployment/deployment.facts.ts';
import { phaseOf } from '../../../src/domain/instance/instance.states.ts';
import type { Command } from '../../../src/domain/kernel/decider.ts';
import { streamOf } from '../../../src/domain/kernel/ids.ts';
import type { PoolCounters } from '../../../src/domain/ports/balancer.ts';
import { parsed } from '../../simulation/apps.ts';
import { addNode } from '../../simulation/script.ts';
import { createSimulatedWorld, START_OF_TIME } from '../../simulation/world.ts';

/* The whole engine on simulated time, with a canary that is judged by the traffic. */

const MINUTE = 60_000;
const gate = { kind: 'errorRate', name: 'errors', max: 0.05, windowSeconds: 60, deadlineSeconds: 300 };
const web = (version: number) => ({
  id: '/web',
  cmd: 'serve',
  cpus: 1,
  mem: 64,
  instances: 4,
  env: { V: String(version) },
  deployment: {
    strategy: 'canary',
    parameters: {
      steps: [
        { weight: 25, seconds: 30 },
        { weight: 50, seconds: 30 },
      ],
      gates: [gate],
    },
  },
});

const started = async () => {
  /** Requests per second and the share that fails, of whichever version is not the first. */
  const traffic = { perSecond: 0, share: 0 };
  let first = '';
  let [requests, errors, last] = [0, 0, START_OF_TIME];
  const counters = async (): Promise<readonly PoolCounters[]> => {
    const seconds = (world.clock.now() - last) / 1000;
    last = world.clock.now();
    requests += seconds * traffic.perSecond;
    errors += seconds * traffic.perSecond * traffic.share;
    const fresh = world.engine()?.views.apps.get('/web')?.target.configVersion ?? '';
    const pool = (version: string, count: number, failed: number) => ({
      ...{ route: '/web:0', app: '/web', version, retries: 0, bytesIn: 0, bytesOut: 0, current: 0 },
      requests: Math.floor(count),
      errors: Math.floor(failed),
    });
    return fresh === first ? [pool(first, 0, 0)] : [pool(first, 0, 0), pool(fresh, requests, errors)];
  };
  const world = createSimulatedWorld({ seed: 1, profile: { startMs: 500, stopMs: 200, callMs: 5 }, counters });
  void world.start();
  await world.pass(0);
  for (const node of ['n1', 'n2', 'n3']) addNode(world, node, 'a');
  await world.pass(100);
  const deploy = async (version: number) => {
    const deployment = world.ids.next();
    const command: AppCommand = {
      ...{ type: 'DeployApp', definition: parsed(web(version)), reason: 'change', deployment, mode: 'either', force: false },
    };
    await world.submit(streamOf('app', '/web'), command);
    return deployment;
  };
  const views = () => {
    const engine = world.engine();
    if (engine === undefined) throw new Error('no engine runs');
    return engine.views;
  };
  const factsOf = (deployment: string) => {
    const engine = world.engine();
    return world.log.facts
      .filter(({ stream }) => stream === streamOf('deployment', deployment))
      .map((stored) => engine?.decode(stored).fact as DeploymentFact);
  };
  const serving = () => [
    ...new Set(
      views()
        .instances.ofApp('/web')
        .filter(({ state }) => phaseOf(state) === 'ready')
        .map(({ version }) => version),
    ),
  ];
  await deploy(1);
  await world.pass(10 * MINUTE);
  first = views().apps.get('/web')?.target.configVersion ?? '';
  expect(serving()).toEqual([first]);
  return { world, traffic, deploy, views, factsOf, serving, first };
};

test('a canary that serves well is judged at each step, and succeeds', async () => {
  const { world, traffic, deploy, views, factsOf, serving, first } = await started();
  Object.assign(traffic, { perSecond: 20, share: 0.01 });
  const deployment = await deploy(2);
  await world.pass(10 * MINUTE);
  expect(views().deployments.get(deployment)?.outcome).toBe('succeeded');
  expect(serving()).not.toContain(first);
  const passed = factsOf(deployment).filter((fact) => fact.type === 'GatesPassed');
  expect(passed).toHaveLength(2);
  expect(passed[1]?.readings.at(-1)).toMatchObject({ gate: 'errors', samples: 1200, value: expect.closeTo(0.01, 2) });
  expect(world.violations).toEqual([]);
});

test('a canary that fails requests is stopped, and everybody is back on the old version', async () => {
  const { world, traffic, deploy, views, factsOf, serving, first } = await started();
  Object.assign(traffic, { perSecond: 20, share: 0.2 });
  const deployment = await deploy(2);
  await world.pass(10 * MINUTE);
  expect(factsOf(deployment).filter((fact) => fact.type === 'GateFailed')).toMatchObject([
    { gate: 'errors', reason: expect.stringMatching(/^the error rate is 0\.2, above 0\.05, 3 times in a row$/) },
  ]);
  expect(views().deployments.get(deployment)?.outcome).toBe('failed');
  expect(serving()).toEqual([first]);
  expect(world.violations).toEqual([]);
});

test('a canary that nobody asks anything does not pass: at the deadline of its gate it goes back', async () => {
  const { world, deploy, views, factsOf, serving, first } = await started();
  const deployment = await deploy(2);
  await world.pass(4 * MINUTE);
  expect(world.engine()?.readingsOf(deployment)).toMatchObject([{ gate: 'errors', _tag: 'undecided' }]);
  await world.pass(6 * MINUTE);
  expect(factsOf(deployment).filter((fact) => fact.type === 'GateFailed')).toMatchObject([
    { reason: 'undecided after 300 s: nothing was seen (no request yet)' },
  ]);
  expect(views().deployments.get(deployment)?.outcome).toBe('failed');
  expect(serving()).toEqual([first]);
});

test('after a crash the gate is measured anew, and the deployment goes on', async () => {
  const { world, traffic, deploy, views, factsOf } = await started();
  Object.assign(traffic, { perSecond: 20, share: 0.01 });
  const deployment = await deploy(2);
  await world.pass(50_000);
  expect(world.engine()?.readingsOf(deployment)[0]?.readings.length).toBeGreaterThan(3);
  world.kill();
  await world.pass(1_000);
  void world.start();
  await world.pass(1_000);
  expect(world.engine()?.readingsOf(deployment)[0]?.readings.length).toBeLessThan(3);
  await world.pass(10 * MINUTE);
  expect(factsOf(deployment).filter((fact) => fact.type === 'GatesPassed')).toHaveLength(2);
  expect(views().deployments.get(deployment)?.outcome).toBe('succeeded');
  expect(world.violations).toEqual([]);
});

test('while it is paused nothing is measured, and after it the whole window is looked at anew', async () => {
  const { world, traffic, deploy, views, factsOf } = await started();
  Object.assign(traffic, { perSecond: 20, share: 0.01 });
  const deployment = await deploy(2);
  await world.pass(50_000);
  expect(world.engine()?.readingsOf(deployment)).toHaveLength(1);
  await world.submit(streamOf('deployment', deployment), { type: 'PauseDeployment', reason: 'lunch' } as Command);
  // What fails meanwhile is nobody's business, and neither is the gate's deadline.
  traffic.share = 1;
  await world.pass(20 * MINUTE);
  expect(world.engine()?.readingsOf(deployment)).toEqual([]);
  traffic.share = 0.01;
  await world.pass(100);
  await world.submit(streamOf('deployment', deployment), { type: 'ResumeDeployment' } as Command);
  await world.pass(50_000);
  expect(factsOf(deployment).filter((fact) => fact.type === 'GatesPassed')).toHaveLength(0);
  await world.pass(10 * MINUTE);
  expect(factsOf(deployment).filter((fact) => fact.type === 'GateFailed')).toEqual([]);
  expect(views().deployments.get(deployment)?.outcome).toBe('succeeded');
});
