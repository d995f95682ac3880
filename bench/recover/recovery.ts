import { either as E } from 'fp-ts';
import { startEngine } from '../../src/actors/engine.ts';
import { systemClock } from '../../src/adapters/clock/systemClock.ts';
import { simulatedHosts } from '../../src/adapters/hosts/simulated/simulatedHosts.ts';
import { namedIds } from '../../src/adapters/ids/namedIds.ts';
import { randomIds } from '../../src/adapters/ids/randomIds.ts';
import { memoryKeys, sealerOf } from '../../src/adapters/keys/sealer.ts';
import { openSqliteLog } from '../../src/adapters/log/sqlite/sqliteLog.ts';
import { parseApp } from '../../src/domain/app/definition/parse.ts';
import { INSTANCE_NAMESPACE } from '../../src/domain/instance/instance.states.ts';
import { streamOf } from '../../src/domain/kernel/ids.ts';
import type { HostRuntime } from '../../src/domain/ports/hosts.ts';
import type { InstancesView } from '../../src/domain/ports/views.ts';
import { createViews } from '../../src/projections/views.ts';
import { openViews } from '../../src/snapshots/open.ts';

/** Times since the process began, seconds; CPU of the main thread and of the whole process up to there. */
export type Moment = { readonly wall: number; readonly main: number; readonly process: number };

export type Recovery = {
  readonly opened: Moment;
  /** The views stand where the snapshot was made. */
  readonly loaded: Moment;
  /** The engine leads. */
  readonly started: Moment;
  /** An instance that was asked for at once has its place, on disk. */
  readonly decided: Moment;
  /** Every host was compared with the views. */
  readonly compared: Moment;
  readonly facts: number;
  readonly factsPerSecond: number;
  readonly factsMade: number;
  readonly peakRssBytes: number;
};

const SECOND = 1e6;

const now = (): Moment => {
  const [main, all] = [process.threadCpuUsage(), process.cpuUsage()];
  return { wall: performance.now() / 1000, main: (main.user + main.system) / SECOND, process: (all.user + all.system) / SECOND };
};

/** A host on which all that is known to run there runs. */
const asKnown = (host: HostRuntime, node: string, instances: InstancesView, onCompared: () => void): HostRuntime => ({
  ...host,
  inventory: () => async () => {
    const there = instances.onNode(node).map(({ id, containerId = '', ipAddresses }) => ({
      instance: id,
      id: containerId,
      status: 'running' as const,
      ipAddresses,
    }));
    setImmediate(onCompared);
    return E.right(there);
  },
});

/** Starts an engine on a log that is there, with a snapshot or without, and has it decide something. */
export const recover = async (path: string, snapshot: string | undefined, hosts: number): Promise<Recovery> => {
  const log = await openSqliteLog({ path });
  const opened = now();
  const clock = systemClock();
  const ids = randomIds();
  const sealer = sealerOf(memoryKeys());
  const unused = (why: string): void => {
    throw new Error(why);
  };
  const views = snapshot === undefined ? createViews() : await openViews({ file: path, snapshot }, sealer.open, unused);
  if (snapshot !== undefined && views.position() === 0) throw new Error('nothing came from the snapshot');
  const loaded = now();
  const facts = log.head() - views.position();
  const simulated = simulatedHosts({ seed: 1, clock });
  let compared = 0;
  const all = Promise.withResolvers<Moment>();
  const onCompared = (): void => {
    compared += 1;
    if (compared === hosts) all.resolve(now());
  };
  const before = log.head();
  const engine = await startEngine({
    log,
    clock,
    ids,
    instanceId: namedIds(INSTANCE_NAMESPACE),
    sealer,
    views,
    probe: async () => ({ _tag: 'Succeeded' }),
    holder: 'bench',
    openHost: async (node, _endpoint, { portRanges: _, ...offer }) =>
      asKnown(simulated.host(node, offer), node, views.instances, onCompared),
    probeOffer: () => async () => E.left({ _tag: 'HostUnreachable', message: 'simulated' }),
  });
  const started = now();
  const placed = Promise.withResolvers<Moment>();
  await log.subscribe(log.head(), (batch) => {
    if (batch.some(({ type }) => type.startsWith('InstancePlaced.'))) placed.resolve(now());
  });
  const parsed = parseApp({ id: '/after-the-start', cmd: 'sleep 1000', cpus: 0.1, mem: 32, instances: 1 });
  if (E.isLeft(parsed)) throw new Error(JSON.stringify(parsed.left));
  const deploy = { definition: parsed.right, deployment: ids.next(), mode: 'create', force: false, reason: 'create' };
  const submitted = await engine.submit(streamOf('app', parsed.right.id), { type: 'DeployApp', ...deploy } as never, {
    id: ids.next(),
    by: 'bench',
    body: {},
  });
  if (E.isLeft(submitted)) throw new Error(submitted.left.message);
  const decided = await placed.promise;
  const told: Recovery = {
    opened,
    loaded,
    started,
    decided,
    compared: await all.promise,
    facts,
    factsPerSecond: facts / (started.wall - loaded.wall),
    factsMade: log.head() - before,
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
  };
  await engine.stop();
  await log.close();
  return told;
};
