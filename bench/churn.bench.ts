/**
 * A full cluster in motion: 150,000 instances on 5,000 hosts; 200 times a second an instance is launched, stopped, or an app scaled by one, by
 * requests to the API, while readers ask it what people and tools ask. What do the requests wait, and does the cluster keep up?
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Kind, Said, Waited } from './churn/clients.ts';
import { runBench } from './harness/bench.ts';
import { type Cluster, openCluster } from './harness/cluster.ts';
import { fill } from './harness/fill.ts';
import { peakRssBytes, startMeter } from './harness/meter.ts';
import { serve } from './harness/serve.ts';
import { type Figures, quantile } from './harness/spread.ts';

const EACH = 100;
const WRITES: readonly Kind[] = ['launch', 'stop', 'scale'];
const CONFLICT = 409;
/** Of changes that may meet a deployment which goes on, and be refused. */
const MOST_CONFLICTS = 0.02;
const SETTLED_WITHIN_MS = 60_000;

/** From the first fact of a request to the start of the instance that it led to, milliseconds, of instances that start from now on. */
const watchStarts = async ({ log }: Cluster) => {
  const begun = new Map<string, number>();
  const took: number[] = [];
  let [deployments, stopped] = [0, 0];
  const subscription = await log.subscribe(log.head(), (batch) => {
    const now = performance.now();
    for (const { type, meta } of batch) {
      if (type.startsWith('DeploymentBegan.')) begun.set(meta.correlationId, now);
      else if (type.startsWith('ContainerStarted.')) {
        // One that an earlier deployment of the app took over has no beginning of its own.
        const from = begun.get(meta.correlationId);
        if (from !== undefined) took.push(now - from);
      } else if (type.startsWith('ContainerExited.')) stopped++;
      else if (type.startsWith('DeploymentEnded.')) {
        deployments++;
        begun.delete(meta.correlationId);
      }
    }
  });
  return { took, counted: () => ({ deployments, stopped }), close: subscription.close };
};

const askAll = async (url: string, ...args: readonly number[]): Promise<Said> => {
  const clients = spawn(
    process.execPath,
    [...process.execArgv, join(import.meta.dirname, 'churn', 'clients.ts'), url, ...args.map(String)],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const [said] = await Promise.all([text(clients.stdout), once(clients, 'exit')]);
  if (clients.exitCode !== 0) throw new Error('the clients ended before their time');
  return JSON.parse(said);
};

/** @throws Error unless the read model shows these apps and no others, each with so many instances that run */
const requireExactly = ({ views }: Cluster, wanted: ReadonlyMap<string, number>): void => {
  for (const { id } of views.apps.all()) if (!wanted.has(id)) throw new Error(`${id} is there still`);
  for (const [id, instances] of wanted) {
    const running = views.instances.ofApp(id).filter(({ state }) => state.startsWith('running.')).length;
    if (running !== instances) throw new Error(`of ${id} run ${running} of ${instances}`);
  }
};

const figuresOf = (waited: readonly Waited[]): Figures => {
  const ms = waited.map(({ ms }) => ms);
  return { count: waited.length, p50: quantile(ms, 0.5), p90: quantile(ms, 0.9), p99: quantile(ms, 0.99), max: quantile(ms, 1) };
};

await runBench({
  name: 'churn',
  options: { hosts: 5_000, resident: 150_000, changes: 200, reads: 50, seconds: 60 },
  flags: ['--max-old-space-size=8192'],
  run: async ({ hosts, resident, changes, reads, seconds }, say) => {
    const cluster = await openCluster();
    await cluster.addHosts(hosts, { cpus: 8, mem: 30_720 });
    const apps = Array.from({ length: Math.ceil(resident / EACH) }, (_, nth) => ({
      id: `/resident${nth}`,
      cmd: 'serve',
      cpus: 0.05,
      mem: 32,
      instances: EACH,
      portDefinitions: [],
    }));
    await fill(cluster, apps, say);
    const api = await serve(cluster);
    const starts = await watchStarts(cluster);
    const metered = startMeter(cluster.log);
    const { waited, grown, launched } = await askAll(api.address, seconds, changes, reads, apps.length, EACH, hosts);
    const asked = performance.now();
    while (cluster.views.deployments.running().length > 0) {
      if (performance.now() - asked > SETTLED_WITHIN_MS)
        throw new Error(`${cluster.views.deployments.running().length} deployments do not end`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const settledMs = performance.now() - asked;
    const { facts, fsyncs, ...spent } = metered();
    const { deployments, stopped } = starts.counted();
    const wanted = new Map([
      ...apps.map(({ id }, nth): [string, number] => [id, grown.includes(nth) ? EACH + 1 : EACH]),
      ...launched.map((id): [string, number] => [id, 1]),
    ]);
    requireExactly(cluster, wanted);
    await starts.close();
    await api.close();
    await cluster.close();
    const isWrite = ({ kind }: Waited): boolean => WRITES.includes(kind);
    const writes = waited.filter(isWrite);
    const refused = waited.filter(({ status }) => status >= 400);
    const other = refused.find((one) => one.status !== CONFLICT || !isWrite(one));
    if (other !== undefined) throw new Error(`${other.kind} was answered ${other.status}`);
    if (refused.length > writes.length * MOST_CONFLICTS) throw new Error(`${refused.length} of ${writes.length} changes were refused`);
    const kinds = [...new Set(waited.map(({ kind }) => kind))].toSorted();
    return {
      ...spent,
      changesPerSecond: (writes.length - refused.length) / spent.wallSeconds,
      changesRefused: refused.length,
      readMs: figuresOf(waited.filter((one) => !isWrite(one))),
      changeMs: figuresOf(writes),
      // From durable to running, visibly.
      startMs: {
        count: starts.took.length,
        p50: quantile(starts.took, 0.5),
        p99: quantile(starts.took, 0.99),
        max: quantile(starts.took, 1),
      },
      settledMs,
      stopped,
      byKind: Object.fromEntries(kinds.map((kind) => [kind, figuresOf(waited.filter((one) => one.kind === kind))])),
      mainThreadShare: spent.cpuSeconds.mainThread / spent.wallSeconds,
      peakRssBytes: peakRssBytes(),
      factsPerChange: facts / deployments,
      fsyncs,
    };
  },
});
