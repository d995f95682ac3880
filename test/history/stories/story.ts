import { expect } from 'vitest';
import type { AppCommand } from '../../../src/domain/app/app.commands.ts';
import type { DeploymentCommand } from '../../../src/domain/deployment/deployment.commands.ts';
import { streamOf } from '../../../src/domain/kernel/ids.ts';
import { addNode } from '../../simulation/script.ts';
import { createSimulatedWorld, type SimulatedWorld } from '../../simulation/world.ts';
import { appOf } from '../../support/world.ts';

/* What the stories are told with whose histories are stored. */

export type Fields = Readonly<Record<string, unknown>>;

export const newWorld = async (
  nodes: number,
  options: Partial<Parameters<typeof createSimulatedWorld>[0]> = {},
): Promise<SimulatedWorld> => {
  const profile = { startMs: 500, stopMs: 200, callMs: 5, unreachableAfterMs: 2000 };
  const world = createSimulatedWorld({ seed: 1, profile, ...options });
  void world.start();
  await world.pass(0);
  for (let n = 1; n <= nodes; n++) addNode(world, `n${n}`, n % 2 === 0 ? 'even' : 'odd');
  await world.pass(100);
  return world;
};

export const web = (version: number, more: Fields = {}): Fields => ({
  ...{ id: '/web', cmd: 'serve', cpus: 1, mem: 64, instances: 2, env: { V: String(version) } },
  ...more,
});

/** @returns the deployment's id */
export const deploy = async (world: SimulatedWorld, definition: Fields): Promise<string> => {
  const deployment = world.ids.next();
  const parsed = appOf(definition);
  const command: AppCommand = { type: 'DeployApp', definition: parsed, reason: 'change', deployment, mode: 'either', force: false };
  expect(await world.submit(streamOf('app', parsed.id), command)).toMatchObject({ _tag: 'Right' });
  return deployment;
};

export const viewsOf = (world: SimulatedWorld) => {
  const engine = world.engine();
  if (engine === undefined) throw new Error('no engine runs');
  return engine.views;
};

export const say = (world: SimulatedWorld, deployment: string, command: DeploymentCommand) =>
  world.submit(streamOf('deployment', deployment), command);

const TICK_MS = 250;

/** Says yes to whatever a deployment asks until it has ended; answers how. */
export const toItsEnd = async (world: SimulatedWorld, deployment: string, withinMs = 900_000): Promise<string | undefined> => {
  for (let passed = 0; passed < withinMs; passed += TICK_MS) {
    const row = viewsOf(world).deployments.get(deployment);
    if (row?.outcome !== undefined) break;
    if (row?.state === 'active.asking') void say(world, deployment, { type: 'ApproveDeployment' });
    await world.pass(TICK_MS);
  }
  await world.pass(5000);
  return viewsOf(world).deployments.get(deployment)?.outcome;
};
