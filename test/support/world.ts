import { either as E } from 'fp-ts';
import { type RunningEngine, startEngine } from '../../src/actors/engine.ts';
import type { Pace } from '../../src/actors/hosts.ts';
import { withPods } from '../../src/adapters/hosts/pods/withPods.ts';
import type { SimulationProfile } from '../../src/adapters/hosts/simulated/profile.ts';
import { type SimulatedHosts, simulatedHosts } from '../../src/adapters/hosts/simulated/simulatedHosts.ts';
import { seededIds } from '../../src/adapters/ids/seededIds.ts';
import { memoryKeys, sealerOf } from '../../src/adapters/keys/sealer.ts';
import type { AppCommand } from '../../src/domain/app/app.commands.ts';
import type { AppDefinition } from '../../src/domain/app/definition/definition.ts';
import { parseApp } from '../../src/domain/app/definition/parse.ts';
import { parsePod } from '../../src/domain/app/pod/parse.ts';
import type { Sealer } from '../../src/domain/kernel/codec.ts';
import type { Command } from '../../src/domain/kernel/decider.ts';
import { streamOf } from '../../src/domain/kernel/ids.ts';
import type { Clock, EventLog, Ids } from '../../src/domain/kernel/ports.ts';
import type { NodeCommand } from '../../src/domain/node/node.commands.ts';
import type { Balancer } from '../../src/domain/ports/balancer.ts';
import type { Reign } from '../../src/domain/ports/election.ts';
import type { Counters, GateSources } from '../../src/domain/ports/gates.ts';
import type { Probe } from '../../src/domain/ports/probes.ts';
import type { Trace } from '../../src/domain/ports/trace.ts';
import { createViews } from '../../src/projections/views.ts';

export type World = {
  readonly clock: Clock;
  readonly hosts: SimulatedHosts;
  readonly ids: Ids;
  engine: RunningEngine;
  /** Stops the engine where it stands and starts another on the same log and hosts. */
  restart(): Promise<void>;
};

const alwaysWell: Probe = async () => ({ _tag: 'Succeeded' });

/** The whole engine over simulated hosts: everything but the log, the hosts and the clock is production's own. */
export const createWorld = async (options: {
  readonly log: EventLog;
  readonly clock: Clock;
  readonly seed?: number;
  readonly profile?: Partial<SimulationProfile>;
  readonly probe?: Probe;
  readonly pace?: Pace;
  readonly trace?: Trace;
  readonly gateSources?: GateSources;
  readonly counters?: Counters;
  /** What is done before a host is connected to, which waits for it. */
  readonly beforeOpen?: () => Promise<void>;
  readonly onFenced?: (term: number) => void;
  readonly reign?: Pick<Reign, 'holds' | 'lost'>;
  readonly balancers?: readonly Balancer[];
  /** The host behind a node: one of its own unless told otherwise. */
  readonly hostBehind?: (node: string) => string;
  readonly quarantineUnloadable?: boolean;
}): Promise<World> => {
  const {
    log,
    clock,
    seed = 1,
    profile,
    probe = alwaysWell,
    pace,
    trace,
    gateSources,
    counters,
    beforeOpen,
    onFenced,
    reign,
    balancers,
    hostBehind = (node) => node,
    quarantineUnloadable,
  } = options;
  const hosts = simulatedHosts({ seed, clock, ...(profile !== undefined && { profile }) });
  const sealer: Sealer = sealerOf(memoryKeys());
  const ids = seededIds(seed);
  const start = () =>
    startEngine({
      log,
      clock,
      ids,
      sealer,
      views: createViews(),
      probe,
      holder: 'test',
      ...(pace !== undefined && { pace }),
      ...(trace !== undefined && { trace }),
      ...(gateSources !== undefined && { gateSources }),
      ...(counters !== undefined && { counters }),
      ...(onFenced !== undefined && { onFenced }),
      ...(reign !== undefined && { reign }),
      ...(balancers !== undefined && { balancers }),
      ...(quarantineUnloadable !== undefined && { quarantineUnloadable }),
      openHost: async (node, _endpoint, { portRanges: _, ...offer }) => {
        await beforeOpen?.();
        return withPods(hosts.host(hostBehind(node), offer), clock);
      },
      probeOffer: () => async () => E.left({ _tag: 'HostUnreachable', message: 'not simulated' }),
    });
  const world: World = {
    clock,
    hosts,
    ids,
    engine: await start(),
    restart: async () => {
      await world.engine.stop();
      world.engine = await start();
    },
  };
  return world;
};

/** @throws Error with the refusal's words when the engine refuses. */
export const submit = async (world: World, stream: string, command: Command) => {
  const result = await world.engine.submit(stream, command, { id: world.ids.next(), by: 'tester', body: { type: command.type } });
  if (E.isLeft(result)) throw new Error(`${result.left.code}: ${result.left.message}`);
  return result.right;
};

export const addNode = (world: World, id: string, offer: { cpus?: number; mem?: number; zone?: string } = {}) => {
  const command: NodeCommand = {
    type: 'RegisterNode',
    endpoint: { kind: 'simulated', seed: 1 },
    offer: {
      hostname: id,
      address: '127.0.0.1',
      cpus: offer.cpus ?? 16,
      mem: offer.mem ?? 65_536,
      disk: 1_000_000,
      gpus: 0,
      portRanges: [[31_000, 32_000]],
    },
    attributes: {},
    roles: ['*'],
    warnings: [],
    ...(offer.zone !== undefined && { zone: offer.zone }),
  };
  return submit(world, streamOf('node', id), command);
};

export const appOf = (definition: Readonly<Record<string, unknown>>): AppDefinition => {
  const parsed = 'containers' in definition ? parsePod(definition) : parseApp(definition);
  if (E.isLeft(parsed)) throw new Error(JSON.stringify(parsed.left));
  return parsed.right;
};

/** Deploys a definition as a client would; answers with the deployment's id. */
export const deploy = async (
  world: World,
  definition: Readonly<Record<string, unknown>>,
  more: Partial<Extract<AppCommand, { type: 'DeployApp' }>> = {},
): Promise<string> => {
  const parsed = appOf(definition);
  const deployment = world.ids.next();
  const command: AppCommand = {
    type: 'DeployApp',
    definition: parsed,
    reason: 'change',
    deployment,
    mode: 'either',
    force: false,
    ...more,
  };
  await submit(world, streamOf('app', parsed.id), command);
  return deployment;
};

/** Resolves as soon as the committed facts make it true; asked after every commit. */
export const until = async (world: World, holds: () => boolean, what: string, withinMs = 20_000): Promise<void> => {
  if (holds()) return;
  await new Promise<void>((resolve, reject) => {
    const limit = setTimeout(() => reject(new Error(`never came true: ${what}`)), withinMs);
    const following = world.engine.log.subscribe(world.engine.log.head(), () => {
      if (!holds()) return;
      clearTimeout(limit);
      resolve();
      void following.then((subscription) => subscription.close());
    });
    following.then(() => {
      if (!holds()) return;
      clearTimeout(limit);
      resolve();
    });
  });
};
