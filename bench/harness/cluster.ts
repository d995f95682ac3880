import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { either as E } from 'fp-ts';
import { type RunningEngine, startEngine } from '../../src/actors/engine.ts';
import type { Pace } from '../../src/actors/hosts.ts';
import { systemClock } from '../../src/adapters/clock/systemClock.ts';
import type { SimulationProfile } from '../../src/adapters/hosts/simulated/profile.ts';
import { simulatedHosts } from '../../src/adapters/hosts/simulated/simulatedHosts.ts';
import { namedIds } from '../../src/adapters/ids/namedIds.ts';
import { randomIds } from '../../src/adapters/ids/randomIds.ts';
import { memoryKeys, sealerOf } from '../../src/adapters/keys/sealer.ts';
import { openSqliteLog, type SqliteLog, type SqliteLogOptions } from '../../src/adapters/log/sqlite/sqliteLog.ts';
import type { AppCommand } from '../../src/domain/app/app.commands.ts';
import { parseApp } from '../../src/domain/app/definition/parse.ts';
import { INSTANCE_NAMESPACE } from '../../src/domain/instance/instance.states.ts';
import type { Command } from '../../src/domain/kernel/decider.ts';
import { streamOf } from '../../src/domain/kernel/ids.ts';
import type { Clock } from '../../src/domain/kernel/ports.ts';
import type { NodeCommand } from '../../src/domain/node/node.commands.ts';
import type { Views } from '../../src/domain/ports/views.ts';
import { createViews } from '../../src/projections/views.ts';
import { runDir } from './runDir.ts';

const SEED = 1;

export type HostSize = {
  readonly cpus: number;
  /** MiB */
  readonly mem: number;
};

export type Cluster = {
  readonly log: SqliteLog;
  /** The log's file. */
  readonly path: string;
  readonly views: Views;
  readonly engine: RunningEngine;
  readonly clock: Clock;
  /** Simulated hosts of one size, `h0` …, in the pool when it returns. */
  addHosts(count: number, size: HostSize, attributesOf?: (nth: number) => Readonly<Record<string, string>>): Promise<void>;
  /** Resolves with the deployment's id once the deployment of an app, as users write it, has begun durably. @throws Error where it is refused */
  deploy(app: Readonly<Record<string, unknown>>, mode?: 'create' | 'either'): Promise<string>;
  destroy(app: string): Promise<void>;
  /** @throws Error where it is refused */
  submit(stream: string, command: Command): Promise<void>;
  /** Ends the engine and the log, and what is on disk of it. */
  close(): Promise<void>;
};

export type ClusterOptions = {
  readonly clock?: Clock;
  readonly profile?: Partial<SimulationProfile>;
  readonly pace?: Pace;
  /** How long what is left of an ended instance stays on its host, ms. */
  readonly remainsKeptMs?: number;
  /** Where what is durable is not what is measured: OFF. */
  readonly synchronous?: SqliteLogOptions['synchronous'];
  /** The log as the engine gets it. */
  readonly watched?: (log: SqliteLog) => SqliteLog;
  /** Directory of the log; a new one, which goes with the cluster, where absent. */
  readonly dir?: string;
};

/** The engine as in production over a log on disk, synced before it acknowledges, with hosts that are simulated in this process. */
export const openCluster = async ({
  clock = systemClock(),
  profile,
  dir,
  watched = (log) => log,
  ...options
}: ClusterOptions = {}): Promise<Cluster> => {
  const directory = dir ?? (await mkdtemp(join(runDir(), 'wharf-bench-')));
  const path = join(directory, 'log.sqlite');
  const log = watched(await openSqliteLog({ path, synchronous: options.synchronous ?? 'FULL' }));
  const ids = randomIds();
  const simulated = simulatedHosts({ seed: SEED, clock, profile: { frugal: true, ...profile } });
  const views = createViews();
  const engine = await startEngine({
    log,
    clock,
    ids,
    instanceId: namedIds(INSTANCE_NAMESPACE),
    sealer: sealerOf(memoryKeys()),
    views,
    probe: async () => ({ _tag: 'Succeeded' }),
    holder: 'bench',
    ...(options.pace !== undefined && { pace: options.pace }),
    ...(options.remainsKeptMs !== undefined && { remainsKeptMs: options.remainsKeptMs }),
    openHost: async (node, _endpoint, { portRanges: _, ...offer }) => simulated.host(node, offer),
    probeOffer: () => async () => E.left({ _tag: 'HostUnreachable', message: 'simulated' }),
  });
  const submit = async (stream: string, command: Command): Promise<void> => {
    const answer = await engine.submit(stream, command, { id: ids.next(), by: 'bench', body: {} });
    if (E.isLeft(answer)) throw new Error(`${command.type} of ${stream}: ${answer.left.message}`);
  };
  return {
    log,
    path,
    views,
    engine,
    clock,
    submit,
    addHosts: async (count, size, attributesOf = () => ({})) => {
      await Promise.all(
        Array.from({ length: count }, (_, nth) => submit(streamOf('node', `h${nth}`), nodeCommand(`h${nth}`, size, attributesOf(nth)))),
      );
    },
    deploy: async (app, mode = 'create') => {
      const parsed = parseApp(app);
      if (E.isLeft(parsed)) throw new Error(JSON.stringify(parsed.left));
      const deployment = ids.next();
      const command: AppCommand = { type: 'DeployApp', definition: parsed.right, deployment, mode, force: false, reason: 'create' };
      await submit(streamOf('app', String(app.id)), command);
      return deployment;
    },
    destroy: (app) => {
      const command: AppCommand = { type: 'DestroyApp', deployment: ids.next(), force: false };
      return submit(streamOf('app', app), command);
    },
    close: async () => {
      await engine.stop();
      await log.close();
      if (dir === undefined) await rm(directory, { recursive: true });
    },
  };
};

const nodeCommand = (hostname: string, { cpus, mem }: HostSize, attributes: Readonly<Record<string, string>>): NodeCommand => ({
  type: 'RegisterNode',
  endpoint: { kind: 'simulated', seed: SEED },
  offer: { hostname, address: '127.0.0.1', cpus, mem, disk: 1_000_000, gpus: 0, portRanges: [[31_000, 32_000]] },
  attributes,
  roles: ['*'],
  warnings: [],
});
