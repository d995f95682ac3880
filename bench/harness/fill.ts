import type { Cluster } from './cluster.ts';
import { watchLaunches } from './launches.ts';

/** Deployments that are asked for at a time. */
const SUBMITTERS = 16;

/** As users write it. */
export type App = Readonly<Record<string, unknown>> & { readonly id: string; readonly instances: number };

/** Deploys apps into a cluster, and returns when all of their instances run and every deployment has ended. */
export const fill = async (cluster: Cluster, apps: readonly App[], say: (text: string) => void): Promise<void> => {
  const instances = apps.reduce((sum, app) => sum + app.instances, 0);
  if (instances === 0) return;
  const launches = await watchLaunches(cluster.log, { instances, deployments: apps.length }, say);
  const waiting = apps.values();
  await Promise.all(
    Array.from({ length: SUBMITTERS }, async () => {
      for (const app of waiting) await cluster.deploy(app);
    }),
  );
  await launches.done;
  await launches.close();
};
