import { appendFile, chmod } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { BalancerChoice } from '../../../src/balancers.ts';
import { type Api, eventually, type Json } from '../api.ts';
import { type LiveEngine, startLiveEngine } from '../liveEngine.ts';
import { endNativeProcesses } from '../nativeProcesses.ts';
import { freePort } from '../trafficServer.ts';
import { type Failure, type Judgement, judge, type Load, startLoad } from './load.ts';

/** One app of native processes behind a balancer, under load, which releases are deployed of. */

export const APP = '/counting';
/** Requests that bear it are those of the trial. */
export const TRIAL_HEADER = 'x-trial';
export const INSTANCES = 3;
const CLIENTS = 8;
/** Longest that a deployment may take on a busy machine, ms. */
const PATIENCE_MS = 90_000;

export type Policy = { readonly strategy: string; readonly parameters?: Readonly<Record<string, unknown>> };

export type Stage = {
  readonly engine: () => LiveEngine;
  readonly load: Load;
  /** Begins to deploy a release, and answers the deployment's id. */
  deploy(release: string, policy: Policy): Promise<string>;
  /** Answers once the deployment is in a state, or has ended: its row. */
  reach(deployment: string, state: RegExp): Promise<Json>;
  say(deployment: string, verb: string, body?: Json): Promise<void>;
  /** Ends the engine as a crash does, and starts another one over the same data. */
  crash(): Promise<void>;
  /** Failures from its begin to its end are told apart: nobody promised that there would be none. */
  whileDown<A>(work: () => Promise<A>): Promise<A>;
  figures(): Promise<Figures>;
  /** Ends the load and holds it against what was counted. */
  finish(): Promise<Verdict>;
  close(): Promise<void>;
};

export type Verdict = Judgement & {
  /** Failures that should not have been, counted by what was seen of them. */
  readonly failures: Readonly<Record<string, number>>;
  /** Failures while nobody could have answered. */
  readonly excused: number;
};

/** What the balancer says about itself. */
export type Figures = { readonly reloads: number; readonly retries: number; readonly requests: number };

export const openStage = async (dataDir: string, balancer: BalancerChoice): Promise<Stage> => {
  await chmod(dataDir, 0o711);
  const counted = join(dataDir, 'counted');
  await appendFile(counted, '');
  const port = await freePort();
  const portRanges = [await freePorts()];
  const start = () => startLiveEngine({ dataDir, localNodes: true, balancer, portRanges });
  let engine = await start();
  const api = (): Api => engine.api;

  const definition = (release: string, deployment: Policy) => ({
    id: APP,
    cmd: `exec '${process.execPath}' '${join(import.meta.dirname, 'countingApp.mjs')}'`,
    instances: INSTANCES,
    cpus: 0.05,
    mem: 64,
    env: { RELEASE: release, COUNTED: counted },
    portDefinitions: [{ port: 0, name: 'http' }],
    healthChecks: [
      {
        protocol: 'HTTP',
        path: '/',
        portIndex: 0,
        gracePeriodSeconds: 60,
        intervalSeconds: 1,
        timeoutSeconds: 10,
        delaySeconds: 0,
        maxConsecutiveFailures: 0,
      },
    ],
    upgradeStrategy: { minimumHealthCapacity: 1, maximumOverCapacity: 1 },
    backoffSeconds: 0,
    routes: [{ port: 0, listen: [port] }],
    deployment,
  });

  const reach: Stage['reach'] = (deployment, state) =>
    eventually(
      api(),
      `the deployment is in ${state}`,
      async () => {
        const row = await api().get(`/v1/deployments/${deployment}`);
        if (state.test(row.state) || row.outcome !== undefined) return row;
        throw new Error(JSON.stringify(row));
      },
      PATIENCE_MS,
    );

  const deploy: Stage['deploy'] = async (release, policy) =>
    (await api().ask('PUT', `/v2/apps${APP}?partialUpdate=false`, definition(release, policy))).deploymentId;

  await reach(await deploy('0', { strategy: 'rolling' }), /^succeeded$/);
  const load = startLoad({ port, clients: CLIENTS, trial: TRIAL_HEADER });
  await load.until(CLIENTS);

  const down: { readonly from: number; to: number }[] = [];
  const whileDown: Stage['whileDown'] = async (work) => {
    const span = { from: Date.now(), to: Number.POSITIVE_INFINITY };
    down.push(span);
    try {
      return await work();
    } finally {
      span.to = Date.now();
    }
  };

  return {
    engine: () => engine,
    load,
    deploy,
    reach,
    say: async (deployment, verb, body) => void (await api().ask('POST', `/v1/deployments/${deployment}/${verb}`, body ?? {})),
    crash: async () => {
      await engine.kill();
      engine = await start();
    },
    whileDown,
    figures: async () => {
      const { balancers, routes } = await api().get('/v1/traffic');
      const counters = routes.flatMap(({ pools }: Json) => pools.flatMap((pool: Json) => pool.counters));
      const sum = (of: string): number => counters.reduce((total: number, each: Json) => total + each[of], 0);
      return { reloads: balancers[0].reloads, retries: sum('retries'), requests: sum('requests') };
    },
    finish: async () => {
      const report = await load.stop();
      const isExcused = ({ at, tookMs }: Failure): boolean => down.some(({ from, to }) => at <= to && at + tookMs >= from);
      const failures: Record<string, number> = {};
      for (const failure of report.failures)
        if (!isExcused(failure)) {
          const what = `${failure.isPost ? 'POST' : 'GET'}: ${failure.why}`;
          failures[what] = (failures[what] ?? 0) + 1;
        }
      const unexcused = Object.values(failures).reduce((sum, count) => sum + count, 0);
      return { ...(await judge(report, counted)), failures, excused: report.failed - unexcused };
    },
    close: async () => {
      load.kill();
      await engine.stop();
      await endNativeProcesses(dataDir);
      await endBalancer(dataDir);
    },
  };
};

/** HAProxy goes on without its engine. */
const endBalancer = async (dataDir: string): Promise<void> => {
  const { haproxyBalancer, haproxyVersion } = await import('../../../src/adapters/balancer/haproxy/haproxy.ts');
  if ((await haproxyVersion()) === undefined) return;
  await (await haproxyBalancer({ dir: join(dataDir, 'balancer') })).close();
};

const RANGE = 60;
const LOWEST = 20_000;
const HIGHEST = 32_000;

/** Ports that nobody listens on now, so that engines of other tests are out of the way. */
const freePorts = async (): Promise<readonly [number, number]> => {
  for (;;) {
    const from = LOWEST + Math.floor((Math.random() * (HIGHEST - LOWEST)) / RANGE) * RANGE;
    const free = await Promise.all(Array.from({ length: RANGE }, (_, nth) => isFree(from + nth)));
    if (free.every(Boolean)) return [from, from + RANGE - 1];
  }
};

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, () => server.close(() => resolve(true)));
  });
