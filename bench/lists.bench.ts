/**
 * Long lists of a full cluster: what each takes of the main thread, and how long it holds it in one go, in which nobody else is answered.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { text } from 'node:stream/consumers';
import { runBench } from './harness/bench.ts';
import { openCluster } from './harness/cluster.ts';
import { fill } from './harness/fill.ts';
import { serve } from './harness/serve.ts';
import { type Figures, quantile } from './harness/spread.ts';

const EACH = 100;
const LISTS = {
  tasks: '/v2/tasks',
  apps: '/v2/apps?embed=apps.tasks',
  instances: '/v1/instances',
  state: '/mesos/state',
  stateSummary: '/mesos/state-summary',
  mesosTasks: '/mesos/tasks',
  mesosTasksAll: '/mesos/tasks?limit=1000000',
};
const NS_PER_MS = 1e6;

/** What one list took, asked by a process of its own. @throws Error for an answer that is none */
const measure = async (url: string): Promise<Figures> => {
  const client = spawn('curl', ['-sf', '-o', '/dev/null', '-w', '%{size_download}', url], { stdio: ['ignore', 'pipe', 'inherit'] });
  // To start a process holds the thread, too.
  const held = monitorEventLoopDelay({ resolution: 1 });
  held.enable();
  const before = process.threadCpuUsage();
  const [said] = await Promise.all([text(client.stdout), once(client, 'exit')]);
  const { user, system } = process.threadCpuUsage(before);
  held.disable();
  if (client.exitCode !== 0) throw new Error(`${url} was not answered`);
  return { cpuMs: (user + system) / 1000, longestHeldMs: held.max / NS_PER_MS, bytes: Number(said) };
};

const medianOf = (all: readonly Figures[], name: string): number =>
  quantile(
    all.map((each) => each[name] as number),
    0.5,
  );

await runBench({
  name: 'lists',
  options: { hosts: 1_000, resident: 30_000, times: 5 },
  flags: ['--max-old-space-size=8192'],
  run: async ({ hosts, resident, times }, say) => {
    const cluster = await openCluster();
    await cluster.addHosts(hosts, { cpus: 8, mem: 30_720 });
    const apps = Array.from({ length: Math.ceil(resident / EACH) }, (_, nth) => ({
      id: `/group${nth % 10}/resident${nth}`,
      cmd: 'serve',
      cpus: 0.05,
      mem: 32,
      instances: EACH,
      portDefinitions: [{ port: 0, name: 'http' }],
    }));
    await fill(cluster, apps, say);
    const api = await serve(cluster);
    const figures: Record<string, Figures> = {};
    for (const [name, path] of Object.entries(LISTS)) {
      await measure(api.address + path);
      const all: Figures[] = [];
      for (let n = 0; n < times; n++) all.push(await measure(api.address + path));
      figures[name] = Object.fromEntries(['cpuMs', 'longestHeldMs', 'bytes'].map((each) => [each, medianOf(all, each)]));
    }
    await api.close();
    await cluster.close();
    return figures as Figures;
  },
});
