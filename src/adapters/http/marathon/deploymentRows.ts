import type { AppFact } from '../../../domain/app/app.facts.ts';
import { APP } from '../../../domain/app/app.facts.ts';
import { streamOf } from '../../../domain/kernel/ids.ts';
import type { Engine } from '../../../domain/ports/engine.ts';
import type { AppRow, DeploymentRow } from '../../../domain/ports/views.ts';

/** State of a deployment whose app is locked for it, while its own stream has not begun. */
export const BEGINNING = 'absent';

/**
 * Deployments that run, oldest first, those that only just took their app's lock included: a client that asks right after its change must
 * not believe that it is over. One that has given the lock back is over, whatever its own stream has still to write: apps and deployments
 * say the same at every moment.
 */
export const runningDeployments = async (engine: Engine): Promise<readonly DeploymentRow[]> => {
  const { apps, deployments } = engine.views;
  const beginning = [...apps.all()].filter(({ deployment }) => deployment !== undefined && deployments.get(deployment) === undefined);
  const rows = await Promise.all(beginning.map((app) => beginningOf(engine, app)));
  const holding = deployments.running().filter(({ id, app, partOf }) => partOf !== undefined || apps.get(app)?.deployment === id);
  return [...holding, ...rows.filter((row) => row !== undefined)];
};

export const runningDeployment = async (engine: Engine, id: string): Promise<DeploymentRow | undefined> =>
  (await runningDeployments(engine)).find((row) => row.id === id);

/** As the fact that took the lock tells it; the lock stands near the end of the app's stream. */
const beginningOf = async (engine: Engine, { id, deployment }: AppRow): Promise<DeploymentRow | undefined> => {
  const stream = streamOf(APP, id);
  const last = engine.views.roster.get(stream)?.revision ?? 0;
  for (const stored of await engine.log.readStream(stream, { from: Math.max(0, last - LOOK_BACK) })) {
    const fact = engine.decode(stored).fact as AppFact;
    if (fact.type !== 'DeploymentBegan' || fact.deployment !== deployment) continue;
    const { from, to, previous, retire, strategy } = fact;
    const begun = { id: fact.deployment, app: id, strategy, state: BEGINNING, from, retire, tallies: {}, startedAt: stored.meta.at };
    return { ...begun, ...(to !== undefined && { to }), ...(previous !== undefined && { previous }) };
  }
  return undefined;
};

/** Facts that may follow the lock before the deployment's own first one. */
const LOOK_BACK = 32;
