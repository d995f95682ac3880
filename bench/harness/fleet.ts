import type { Cluster, HostSize } from './cluster.ts';
import { openCluster } from './cluster.ts';
import { watchLaunches } from './launches.ts';
import { logBytes, peakRssBytes, startMeter } from './meter.ts';
import type { Figures } from './spread.ts';

export type Fleet = {
  readonly hosts: number;
  readonly size: HostSize;
  readonly attributesOf?: (nth: number) => Readonly<Record<string, string>>;
  readonly apps: number;
  /** As users write it. */
  readonly appOf: (nth: number) => Readonly<Record<string, unknown>> & { readonly id: string; readonly instances: number };
  /** How many apps are submitted at a time, each next one when one was answered. */
  readonly submitters: number;
};

/**
 * Apps are deployed, each by a rolling deployment, until every instance is launched (it runs, its facts are on disk, and it is visible in
 * the read model) and every deployment has ended. Hosts answer at once; they are there before the watch is started.
 */
export const launchFleet = async (fleet: Fleet, say: (text: string) => void): Promise<Figures> => {
  const cluster = await openCluster();
  await cluster.addHosts(fleet.hosts, fleet.size, fleet.attributesOf);
  say(`${fleet.hosts} hosts are in the pool`);
  const apps = Array.from({ length: fleet.apps }, (_, nth) => fleet.appOf(nth));
  const instances = apps.reduce((sum, app) => sum + app.instances, 0);
  const bytesBefore = logBytes(cluster.path);
  const launches = await watchLaunches(cluster.log, { instances, deployments: fleet.apps }, say);
  const metered = startMeter(cluster.log);
  const waiting = apps.values();
  await Promise.all(
    Array.from({ length: fleet.submitters }, async () => {
      for (const app of waiting) await cluster.deploy(app);
    }),
  );
  await launches.done;
  const { facts, fsyncs, ...spent } = metered();
  const rss = peakRssBytes();
  requireAll(cluster, apps);
  requireAttributes(cluster, apps);
  const bytes = logBytes(cluster.path) - bytesBefore;
  await cluster.close();
  return {
    ...spent,
    ...launches.figures(),
    mainMicrosPerInstance: (spent.cpuSeconds.mainThread * 1e6) / instances,
    logMicrosPerInstance: (spent.cpuSeconds.logThread * 1e6) / instances,
    peakRssBytes: rss,
    factsPerInstance: facts / instances,
    bytesPerInstance: bytes / instances,
    fsyncs,
  };
};

/** @throws Error unless the read model shows every instance of every app running and no deployment left */
const requireAll = ({ views, log }: Cluster, apps: readonly { readonly id: string; readonly instances: number }[]): void => {
  if (views.position() !== log.head()) throw new Error(`the views stand at ${views.position()}, the log at ${log.head()}`);
  for (const { id, instances } of apps) {
    const running = views.instances.ofApp(id).filter(({ state }) => state.startsWith('running.')).length;
    if (running !== instances) throw new Error(`of ${id} run ${running} of ${instances}`);
    if (views.apps.get(id)?.deployment !== undefined) throw new Error(`the deployment of ${id} goes on`);
  }
};

/** @throws Error where an instance runs on a node without an attribute that its app asks for */
const requireAttributes = ({ views }: Cluster, apps: readonly Readonly<Record<string, unknown>>[]): void => {
  for (const { id, constraints = [] } of apps)
    for (const [field = '', operator, value] of constraints as readonly (readonly string[])[]) {
      if (operator !== 'IS') continue;
      for (const { node = '' } of views.instances.ofApp(String(id)))
        if (views.nodes.get(node)?.attributes[field] !== value)
          throw new Error(`an instance of ${id} runs on ${node}, which is no ${value}`);
    }
};
