import type { DeploymentFact } from '../domain/deployment/deployment.facts.ts';
import { keyOf, nounOf } from '../domain/kernel/ids.ts';
import type { Recorded } from '../domain/kernel/recorded.ts';
import type { DeploymentRow, DeploymentsView } from '../domain/ports/views.ts';
import type { Projection } from './projection.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
export type Deployments = { readonly rows: Map<string, Mutable<DeploymentRow>>; readonly running: Set<string> };

/** Ended deployments that stay readable here; older ones are in the log. */
export const ENDED_DEPLOYMENTS_KEPT = 10_000;

/** Deployments with what they were told of their slots. */
export const deployments: Projection<Deployments> = {
  name: 'deployments',
  version: 1,
  initial: () => ({ rows: new Map(), running: new Set() }),
  evolve: (state, recorded) => {
    if (nounOf(recorded.stream) === 'deployment') evolveDeployment(state, recorded as Recorded<DeploymentFact>);
  },
};

const evolveDeployment = ({ rows, running }: Deployments, { stream, fact, meta }: Recorded<DeploymentFact>): void => {
  const id = keyOf(stream);
  if (fact.type === 'DeploymentStarted') {
    const { app, from, to, previous } = fact;
    const begun = { id, app, strategy: meta.chart ?? '', state: meta.state, from, tallies: {}, startedAt: meta.at };
    rows.set(id, { ...begun, ...(to && { to }), ...(previous && { previous }) });
    running.add(id);
    if (rows.size > ENDED_DEPLOYMENTS_KEPT + running.size) forgetOldest(rows, running);
    return;
  }
  const row = rows.get(id);
  if (row === undefined) return;
  row.state = meta.state;
  if (fact.type === 'SlotsChanged') row.tallies = fact.tallies;
  if (fact.type === 'TargetChanged' && row.to !== undefined) row.to = { ...row.to, instances: fact.instances };
  if (fact.type === 'AppReleased') {
    row.endedAt = meta.at;
    row.outcome = meta.state as NonNullable<DeploymentRow['outcome']>;
    running.delete(id);
  }
};

const forgetOldest = (rows: Map<string, unknown>, running: ReadonlySet<string>): void => {
  for (const id of rows.keys()) {
    if (running.has(id)) continue;
    rows.delete(id);
    return;
  }
};

export const deploymentsView = ({ rows, running }: Deployments): DeploymentsView => ({
  get: (id) => rows.get(id),
  running: () => [...running].flatMap((id) => rows.get(id) ?? []),
});
