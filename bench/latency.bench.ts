/**
 * What the control plane adds to one launch: single launches, one at a time, where nothing, 10,000 and 29,000 instances run on 1,000 hosts that
 * answer at once; from the command to deploy an app of one instance until that runs, durably and visibly.
 */
import { runBench } from './harness/bench.ts';
import { type Cluster, openCluster } from './harness/cluster.ts';
import { fill } from './harness/fill.ts';
import { logBytes, peakRssBytes, startMeter } from './harness/meter.ts';
import { type Figures, quantile } from './harness/spread.ts';

const RESIDENT = [0, 10_000, 29_000];
const EACH = 500;
/** Launches before those that count, so that the first level is not slower for code that was never run before. */
const WARM_UP = 1_000;

const appOf = (id: string, instances: number) => ({ id, cmd: 'serve', cpus: 0.02, mem: 16, instances, portDefinitions: [] });

/** Launches apps of one instance, the next when the deployment of the one before has ended. @returns milliseconds of each */
const launchOneByOne = async (cluster: Cluster, names: readonly string[]): Promise<readonly number[]> => {
  let [running, ended] = [Promise.withResolvers<number>(), Promise.withResolvers<void>()];
  const subscription = await cluster.log.subscribe(cluster.log.head(), (batch) => {
    for (const { type } of batch) {
      if (type.startsWith('ContainerStarted.')) running.resolve(performance.now());
      else if (type.startsWith('DeploymentEnded.')) ended.resolve();
    }
  });
  const took: number[] = [];
  for (const name of names) {
    [running, ended] = [Promise.withResolvers<number>(), Promise.withResolvers<void>()];
    const begun = performance.now();
    await cluster.deploy(appOf(name, 1));
    took.push((await running.promise) - begun);
    const [instance] = cluster.views.instances.ofApp(name);
    if (instance?.state !== 'running.unchecked') throw new Error(`the instance of ${name} is ${instance?.state ?? 'not to be seen'}`);
    await ended.promise;
  }
  await subscription.close();
  return took;
};

const destroyAll = async (cluster: Cluster, names: readonly string[]): Promise<void> => {
  for (const name of names) await cluster.destroy(name);
  // The last one's instance may still be on its way out.
  while (names.some((name) => cluster.views.apps.get(name) !== undefined)) await new Promise((resolve) => setTimeout(resolve, 10));
};

await runBench({
  name: 'latency',
  options: { launches: 1_000, hosts: 1_000 },
  run: async ({ launches, hosts }, say) => {
    const cluster = await openCluster();
    await cluster.addHosts(hosts, { cpus: 1, mem: 1_024 });
    const warm = Array.from({ length: WARM_UP }, (_, nth) => `/warm${nth}`);
    await launchOneByOne(cluster, warm);
    await destroyAll(cluster, warm);
    const bytesBefore = logBytes(cluster.path);
    const metered = startMeter(cluster.log);
    const levels: Record<string, Figures> = {};
    const medians: number[] = [];
    let resident = 0;
    for (const level of RESIDENT) {
      const missing = level - resident;
      const apps = Array.from({ length: Math.ceil(missing / EACH) }, (_, nth) =>
        appOf(`/resident${level}-${nth}`, Math.min(EACH, missing - nth * EACH)),
      );
      await fill(cluster, apps, () => {});
      say(`${level} instances run`);
      const main = process.threadCpuUsage();
      const took = await launchOneByOne(
        cluster,
        Array.from({ length: launches }, (_, nth) => `/single${level}-${nth}`),
      );
      const { user, system } = process.threadCpuUsage(main);
      resident = level + launches;
      medians.push(quantile(took, 0.5));
      levels[`at${level}`] = {
        p50: quantile(took, 0.5),
        p90: quantile(took, 0.9),
        p99: quantile(took, 0.99),
        max: quantile(took, 1),
        mainCpuPerLaunch: (user + system) / 1000 / launches,
      };
    }
    const { facts, fsyncs, ...spent } = metered();
    const running = [...cluster.views.instances.live()].filter(({ state }) => state.startsWith('running.')).length;
    if (running !== resident) throw new Error(`${running} of ${resident} run`);
    const bytes = logBytes(cluster.path) - bytesBefore;
    await cluster.close();
    return {
      ...spent,
      launchMs: levels,
      lastToFirstLevel: (medians.at(-1) ?? Number.NaN) / (medians[0] ?? Number.NaN),
      peakRssBytes: peakRssBytes(),
      factsPerInstance: facts / resident,
      bytesPerInstance: bytes / resident,
      fsyncs,
    };
  },
});
