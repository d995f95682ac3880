import type { AppCommand } from '../../src/domain/app/app.commands.ts';
import type { DeploymentCommand } from '../../src/domain/deployment/deployment.commands.ts';
import type { InstanceCommand } from '../../src/domain/instance/instance.commands.ts';
import type { Command } from '../../src/domain/kernel/decider.ts';
import { streamOf } from '../../src/domain/kernel/ids.ts';
import type { NodeCommand } from '../../src/domain/node/node.commands.ts';
import { anyApp, changed, changedInPlace } from './apps.ts';
import type { Dice } from './dice.ts';
import { createApp, groupDeeds } from './groups.ts';
import type { SimulatedWorld } from './world.ts';

/** One thing that an operator, a host, the log or the engine's process does. It says what it did, or nothing when it found no occasion. */
export type Deed = { readonly often: number; readonly does: (world: SimulatedWorld, dice: Dice) => string | undefined };

export const NODE_NAMES = ['n1', 'n2', 'n3', 'n4', 'n5'] as const;
export const APP_NAMES = ['/a', '/b', '/c'] as const;

/** Sends a command and goes on without waiting, as clients do. */
const send = (world: SimulatedWorld, stream: string, command: Command): void => void world.submit(stream, command);

export const addNode = (world: SimulatedWorld, id: string, zone: string, cpus = 6): void => {
  const command: NodeCommand = {
    type: 'RegisterNode',
    endpoint: { kind: 'simulated', seed: 1 },
    offer: { hostname: id, address: `10.0.0.${id.slice(1)}`, cpus, mem: 4096, disk: 10_000, gpus: 0, portRanges: [[31_000, 31_019]] },
    attributes: {},
    roles: ['*'],
    warnings: [],
    zone,
  };
  send(world, streamOf('node', id), command);
};

const zoneOf = (id: string): string => (Number(id.slice(1)) % 2 === 0 ? 'even' : 'odd');
const views = (world: SimulatedWorld) => world.engine()?.views;
const anyAppRow = (world: SimulatedWorld, dice: Dice) => dice.pickAny([...(views(world)?.apps.all() ?? [])]);
const anyNodeRow = (world: SimulatedWorld, dice: Dice) => dice.pickAny([...(views(world)?.nodes.all() ?? [])]);
const anyInstance = (world: SimulatedWorld, dice: Dice) =>
  dice.pickAny([...(views(world)?.apps.all() ?? [])].flatMap(({ id }) => views(world)?.instances.ofApp(id) ?? []));
const anyHost = (world: SimulatedWorld, dice: Dice) => dice.pickAny([...world.audit.nodes.keys()]);

const onApp = (
  often: number,
  what: string,
  command: (world: SimulatedWorld, dice: Dice, app: NonNullable<ReturnType<typeof anyAppRow>>) => AppCommand | undefined,
): Deed => ({
  often,
  does: (world, dice) => {
    const row = anyAppRow(world, dice);
    const asked = row === undefined ? undefined : command(world, dice, row);
    if (row === undefined || asked === undefined) return undefined;
    send(world, streamOf('app', row.id), asked);
    return `${what} ${row.id}${'force' in asked && asked.force ? ' with force' : ''}`;
  },
});

const onHost = (often: number, what: string, does: (world: SimulatedWorld, node: string, dice: Dice) => string | undefined): Deed => ({
  often,
  does: (world, dice) => {
    const node = anyHost(world, dice);
    if (node === undefined) return undefined;
    const detail = does(world, node, dice);
    return detail === undefined ? undefined : `${what} ${node} ${detail}`;
  },
});

const operators: readonly Deed[] = [
  {
    often: 8,
    does: (world, dice) => {
      const id = dice.pick(APP_NAMES);
      if (views(world) === undefined || views(world)?.apps.get(id) !== undefined) return undefined;
      const definition = anyApp(dice, id);
      createApp(world, definition, false);
      const { instances, cmd, cpus, constraints, upgradeStrategy, unreachableStrategy } = definition;
      return `create ${id} ${JSON.stringify({ instances, cmd, cpus, constraints, upgradeStrategy, unreachableStrategy })}`;
    },
  },
  onApp(10, 'roll', (world, dice, { definition }) => ({
    type: 'DeployApp',
    definition: changed(dice, definition),
    reason: 'change',
    deployment: world.ids.next(),
    mode: 'change',
    force: dice.chance(0.4),
  })),
  onApp(5, 'change in place', (world, dice, { definition }) => ({
    type: 'DeployApp',
    definition: changedInPlace(dice, definition),
    reason: 'change',
    deployment: world.ids.next(),
    mode: 'change',
    force: dice.chance(0.3),
    ...(dice.chance(0.1) && { restart: 'marathon' }),
  })),
  onApp(8, 'scale', (world, dice, { definition }) => ({
    type: 'DeployApp',
    definition: { ...definition, instances: dice.whole(0, 6) },
    reason: 'scale',
    deployment: world.ids.next(),
    mode: 'change',
    force: dice.chance(0.3),
  })),
  onApp(3, 'restart', (world, dice) => ({ type: 'RestartApp', deployment: world.ids.next(), force: dice.chance(0.4) })),
  onApp(3, 'destroy', (world, dice) => ({ type: 'DestroyApp', deployment: world.ids.next(), force: dice.chance(0.6) })),
  onApp(4, 'revert the deployment of', (world, _, { id, deployment }) => {
    const row = deployment === undefined ? undefined : views(world)?.deployments.get(deployment);
    if (row === undefined) return undefined;
    const definition =
      row.previous === undefined
        ? undefined
        : views(world)
            ?.apps.get(id)
            ?.versions.find(({ version }) => version === row.previous?.version)?.definition;
    return {
      type: 'RevertDeployment',
      reverts: row.id,
      deployment: world.ids.next(),
      ...(definition && { definition }),
      ...(row.previous && { previous: row.previous }),
    };
  }),
  onApp(3, 'kill and scale', (world, dice, { id, definition }) => {
    const victim = dice.pickAny(views(world)?.instances.ofApp(id) ?? []);
    if (victim === undefined || definition.instances === 0) return undefined;
    return {
      type: 'DeployApp',
      definition: { ...definition, instances: definition.instances - 1 },
      reason: 'scale',
      deployment: world.ids.next(),
      mode: 'change',
      force: dice.chance(0.5),
      retire: [victim.id],
    };
  }),
  {
    often: 4,
    does: (world, dice) => {
      const row = dice.pickAny(views(world)?.deployments.running() ?? []);
      if (row === undefined) return undefined;
      const command: DeploymentCommand = dice.chance(0.7)
        ? { type: 'CancelDeployment', reason: 'asked for' }
        : { type: 'ChangeTarget', instances: dice.whole(0, 5) };
      send(world, streamOf('deployment', row.id), command);
      return `${command.type} ${row.id} of ${row.app}`;
    },
  },
  {
    often: 6,
    does: (world, dice) => {
      const row = anyInstance(world, dice);
      if (row === undefined) return undefined;
      const command: InstanceCommand = {
        type: 'StopInstance',
        reason: 'killed by an operator',
        signal: 'SIGTERM',
        drainMs: 0,
        graceMs: dice.whole(0, 3) * 1000,
      };
      send(world, streamOf('instance', row.id), command);
      return `kill ${row.id} of ${row.app} (${row.state})`;
    },
  },
  {
    often: 2,
    does: (world, dice) => {
      const row = anyInstance(world, dice);
      if (row === undefined) return undefined;
      send(world, streamOf('instance', row.id), { type: 'ResetLaunchDelay' });
      return `reset the launch delay of ${row.id}`;
    },
  },
  {
    often: 6,
    does: (world, dice) => {
      const id = dice.pick(NODE_NAMES);
      if (views(world) === undefined || views(world)?.nodes.get(id) !== undefined) return undefined;
      addNode(world, id, zoneOf(id), dice.whole(3, 8));
      return `add node ${id}`;
    },
  },
  {
    often: 5,
    does: (world, dice) => {
      const row = anyNodeRow(world, dice);
      if (row === undefined) return undefined;
      const command: NodeCommand = dice.chance(0.5) ? { type: 'CordonNode', reason: 'works' } : { type: 'UncordonNode' };
      send(world, streamOf('node', row.id), command);
      return `${command.type} ${row.id}`;
    },
  },
  {
    often: 1,
    does: (world, dice) => {
      const row = anyNodeRow(world, dice);
      if (row === undefined) return undefined;
      const command: NodeCommand = { type: 'OversubscribeNode', oversubscribe: { cpus: 2 } };
      send(world, streamOf('node', row.id), command);
      return `oversubscribe ${row.id}`;
    },
  },
  {
    often: 2,
    does: (world, dice) => {
      const row = anyNodeRow(world, dice);
      if (row === undefined) return undefined;
      const command: NodeCommand = { type: 'RemoveNode', reason: 'sold' };
      send(world, streamOf('node', row.id), command);
      return `remove node ${row.id} (${row.state})`;
    },
  },
];

const faults: readonly Deed[] = [
  onHost(5, 'partition', (world, node) => {
    world.controls(node).partition();
    return '';
  }),
  onHost(6, 'heal', (world, node) => {
    world.controls(node).heal();
    return '';
  }),
  onHost(2, 'reboot', (world, node, dice) => {
    const downMs = dice.pick([0, 1000, 20_000]);
    world.controls(node).reboot(downMs);
    return `for ${downMs} ms`;
  }),
  onHost(4, 'hints of', (world, node, dice) => {
    const on = dice.chance(0.7);
    world.controls(node).losesHints(on);
    return on ? 'are lost' : 'come again';
  }),
  onHost(4, 'slow', (world, node, dice) => {
    const by = dice.pick([0, 200, 2000, 20_000]);
    world.controls(node).slow(by);
    return `by ${by} ms`;
  }),
  onHost(5, 'acknowledgements are lost of', (world, node, dice) => {
    const call = dice.pick(['run', 'run', 'stop', 'remove'] as const);
    world.controls(node).losesAcknowledgements(dice.whole(1, 3), call);
    return call;
  }),
  onHost(5, 'starts fail on', (world, node, dice) => {
    const tag = dice.pick(['StartRejected', 'PortTaken', 'CommandNotFound', 'Transient', 'ImagePullFailed'] as const);
    world.controls(node).startFails(tag, { times: dice.whole(1, 3) });
    return tag;
  }),
  onHost(2, 'starts never end on', (world, node, dice) => {
    const on = dice.chance(0.5);
    world.controls(node).neverStarts(on);
    return String(on);
  }),
  onHost(2, 'signals are ignored on', (world, node, dice) => {
    const on = dice.chance(0.6);
    world.controls(node).ignoresSignals(on);
    return String(on);
  }),
  {
    often: 6,
    does: (world, dice) => {
      const victim = dice.pickAny([...world.running()]);
      const node = victim?.[1][0];
      if (victim === undefined || node === undefined) return undefined;
      world.controls(node).crash(victim[0]);
      return `crash ${victim[0]} on ${node}`;
    },
  },
  {
    often: 4,
    does: (world, dice) => {
      const victim = dice.pickAny([...world.running().keys()]);
      if (victim === undefined) return undefined;
      if (world.sick.delete(victim)) return `${victim} is well again`;
      world.sick.add(victim);
      return `${victim} falls sick`;
    },
  },
  {
    often: 5,
    does: (world, dice) => {
      const kind = dice.pick(['Unavailable', 'LostAcknowledgement', 'Conflict'] as const);
      let left = kind === 'Unavailable' ? dice.whole(1, 40) : dice.whole(1, 3);
      world.logFault = () => {
        left -= 1;
        if (left < 0) world.logFault = () => undefined;
        return left < 0 ? undefined : kind;
      };
      return `the next ${left} appends: ${kind}`;
    },
  },
  {
    often: 6,
    does: (world, dice) => {
      if (world.engine() === undefined) return undefined;
      const places = dice.chance(0.3) ? 0 : dice.whole(1, 30);
      if (places === 0) world.kill();
      else world.kill(places);
      return places === 0 ? 'kill the engine' : `kill the engine ${places} places from here`;
    },
  },
];

const weighted = (deeds: readonly Deed[]): readonly Deed[] => deeds.flatMap((deed) => Array.from({ length: deed.often }, () => deed));
const OPERATORS = weighted([...operators, ...groupDeeds]);
const FAULTS = weighted(faults);

export type Temper = { readonly steps: number; readonly faultShare: number };

/** Some seeds know no faults at all, some hardly anything else. */
export const temperOf = (dice: Dice, steps: number): Temper => ({ steps, faultShare: dice.pick([0, 0.2, 0.4, 0.6]) });

/** Does one thing; answers what. */
export const doOne = (world: SimulatedWorld, dice: Dice, { faultShare }: Temper): string => {
  const deeds = dice.chance(faultShare) ? FAULTS : OPERATORS;
  for (let tries = 0; tries < 20; tries++) {
    const said = dice.pick(deeds).does(world, dice);
    if (said !== undefined) return said;
  }
  return 'nothing';
};

/** Time between two deeds: mostly none or little, now and then long, ms. */
export const pauseOf = (dice: Dice): number => dice.pick([0, 0, 1, 20, 300, 1000, 2500, 5000, 12_000, 45_000]);

/** Takes back all faults. */
export const makePeace = (world: SimulatedWorld): void => {
  world.logFault = () => undefined;
  world.sick.clear();
  for (const node of NODE_NAMES) {
    world.controls(node).recover();
    world.controls(node).heal();
  }
};
