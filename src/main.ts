import { mkdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { either as E } from 'fp-ts';
import { type RunningEngine, startEngine } from './actors/engine.ts';
import { systemClock } from './adapters/clock/systemClock.ts';
import { randomIds } from './adapters/ids/randomIds.ts';
import { sealerOf } from './adapters/keys/sealer.ts';
import { openKeys } from './adapters/keys/sqliteKeys.ts';
import { openSqliteLog, type SqliteLog } from './adapters/log/sqlite/sqliteLog.ts';
import { realProbe } from './adapters/probes/probes.ts';
import { ENGINE, streamOf } from './domain/kernel/ids.ts';
import type { NodeCommand } from './domain/node/node.commands.ts';
import { NODE, type RuntimeEndpoint } from './domain/node/node.facts.ts';
import { createViews } from './projections/views.ts';
import { offerOf, openRuntime, probeRuntime } from './runtimes.ts';

/** Host ports that a node gives to instances unless the operator says otherwise; Mesos' default range. */
export const DEFAULT_PORT_RANGES: readonly (readonly [number, number])[] = [[31_000, 32_000]];

export type ServerOptions = {
  /** Where the log, the keys, the token and native instances live; made when absent. */
  readonly dataDir: string;
  /** Adds this machine to an empty pool: native processes, and Docker when an engine answers at the socket. */
  readonly localNodes: boolean;
  readonly dockerSocket?: string;
  readonly portRanges?: readonly (readonly [number, number])[];
  onQuarantined?(stream: string, why: string): void;
  onFenced?(term: number): void;
};

export type Server = { readonly engine: RunningEngine; readonly log: SqliteLog; close(): Promise<void> };

/** Puts the engine together from its parts: the one place that knows them all. */
export const startServer = async (options: ServerOptions): Promise<Server> => {
  const { dataDir } = options;
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const log = await openSqliteLog({ path: join(dataDir, 'log.sqlite') });
  const keys = openKeys(join(dataDir, 'keys.sqlite'));
  const engine = await startEngine({
    log,
    clock: systemClock(),
    ids: randomIds(),
    sealer: sealerOf(keys),
    views: createViews(),
    probe: realProbe,
    holder: `${hostname()}:${process.pid}`,
    openHost: (node, endpoint, offer) => openRuntime(endpoint, node, offer),
    probeOffer: probeRuntime,
    ...(options.onQuarantined !== undefined && { onQuarantined: options.onQuarantined }),
    ...(options.onFenced !== undefined && { onFenced: options.onFenced }),
  });
  if (options.localNodes) await addLocalNodes(engine, options);
  return {
    engine,
    log,
    close: async () => {
      await engine.stop();
      await log.close();
      keys.close();
    },
  };
};

/** Only into an empty pool: what the operator removed stays removed. */
const addLocalNodes = async (engine: RunningEngine, { dataDir, dockerSocket, portRanges }: ServerOptions): Promise<void> => {
  if ([...engine.views.nodes.all()].length > 0) return;
  const here = hostname();
  await addNode(engine, 'local', { kind: 'process', root: join(dataDir, 'instances') }, here, portRanges);
  if (dockerSocket !== undefined) await addNode(engine, 'docker', { kind: 'docker', socket: dockerSocket }, `${here}-docker`, portRanges);
};

const addNode = async (
  engine: RunningEngine,
  id: string,
  endpoint: RuntimeEndpoint,
  name: string,
  portRanges = DEFAULT_PORT_RANGES,
): Promise<void> => {
  const offered = await probeRuntime(endpoint)();
  if (E.isLeft(offered)) return;
  const command: NodeCommand = {
    type: 'RegisterNode',
    endpoint,
    offer: { ...offerOf(offered.right, portRanges), hostname: name },
    attributes: {},
    roles: ['*'],
    warnings: offered.right.warnings,
  };
  await engine.submit(streamOf(NODE, id), command, { id: engine.ids.next(), by: ENGINE, body: { id, endpoint } });
};
