import { expect } from 'vitest';
import type { AppCommand } from '../../src/domain/app/app.commands.ts';
import { phaseOf } from '../../src/domain/instance/instance.states.ts';
import { streamOf } from '../../src/domain/kernel/ids.ts';
import { parsed } from '../simulation/apps.ts';
import { addNode } from '../simulation/script.ts';
import { rest } from '../simulation/simulate.ts';
import { createSimulatedWorld, type SimulatedWorld } from '../simulation/world.ts';

/* What stories of the whole engine on simulated time are told with. */

export const cluster = async (nodes: number, zoneOf = (_: number) => 'a', passesAtOnceMax?: number): Promise<SimulatedWorld> => {
  const world = createSimulatedWorld({
    seed: 1,
    profile: { startMs: 500, stopMs: 200, callMs: 5, unreachableAfterMs: 2000 },
    ...(passesAtOnceMax !== undefined && { passesAtOnceMax }),
  });
  void world.start();
  await world.pass(0);
  for (let n = 1; n <= nodes; n++) addNode(world, `n${n}`, zoneOf(n));
  await world.pass(100);
  return world;
};

export const deploy = async (
  world: SimulatedWorld,
  definition: Readonly<Record<string, unknown>>,
  more: Partial<Extract<AppCommand, { type: 'DeployApp' }>> = {},
) => {
  const deployment = world.ids.next();
  const command: AppCommand = {
    type: 'DeployApp',
    definition: parsed(definition),
    reason: 'change',
    deployment,
    mode: 'either',
    force: false,
    ...more,
  };
  return { deployment, result: await world.submit(streamOf('app', String(definition.id)), command) };
};

export const viewsOf = (world: SimulatedWorld) => {
  const engine = world.engine();
  if (engine === undefined) throw new Error('no engine runs');
  return engine.views;
};
export const ofWeb = (world: SimulatedWorld) => viewsOf(world).instances.ofApp('/web');
export const ready = (world: SimulatedWorld) => ofWeb(world).filter(({ state }) => phaseOf(state) === 'ready');
export const comesToRest = async (world: SimulatedWorld) => {
  expect(await rest(world)).toBeUndefined();
  expect(world.violations).toEqual([]);
};
