import type { AppFact, AppFactOf } from '../domain/app/app.facts.ts';
import type { DeploymentFact } from '../domain/deployment/deployment.facts.ts';
import type { GroupFact } from '../domain/group/group.facts.ts';
import { keyOf, nounOf } from '../domain/kernel/ids.ts';
import type { Recorded } from '../domain/kernel/recorded.ts';
import type { DeploymentRow, DeploymentsView } from '../domain/ports/views.ts';
import type { Projection } from './projection.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
export type Deployments = {
  readonly rows: Map<string, Mutable<DeploymentRow>>;
  readonly running: Set<string>;
  /** The running ones of each app: where many run, whoever looks for an app's does not look through all. */
  readonly runningOf: Map<string, Set<string>>;
  /** Those that have ended and may be forgotten, oldest first. */
  readonly ended: Set<string>;
  /** Parts of plans that run: what has ended of a plan is asked for until all of it has. */
  readonly kept: Map<string, Set<string>>;
  /** By plan and app: the deployment that is its part. */
  readonly parts: Map<string, string>;
};

/** Ended deployments that stay readable here; older ones are in the log. */
export const ENDED_DEPLOYMENTS_KEPT = 2_000;

/** State of a deployment that holds its app's lock and has not recorded anything itself. */
const NOT_STARTED = 'absent';

/** Deployments with what they were told of their slots; each is there from the moment on in which its app gave it the lock. */
export const deployments: Projection<Deployments> = {
  name: 'deployments',
  version: 7,
  initial: () => ({ rows: new Map(), running: new Set(), runningOf: new Map(), ended: new Set(), kept: new Map(), parts: new Map() }),
  evolve: (state, recorded) => {
    const noun = nounOf(recorded.stream);
    if (noun === 'deployment') evolveDeployment(state, recorded as Recorded<DeploymentFact>);
    else if (noun === 'app') evolveApp(state, recorded as Recorded<AppFact>);
    else if (noun === 'group') evolveGroup(state, (recorded as Recorded<GroupFact>).fact);
  },
};

const evolveGroup = (state: Deployments, fact: GroupFact): void => {
  if (fact.type === 'GroupDeploymentBegan') state.kept.set(fact.deployment, new Set());
  if (fact.type !== 'GroupDeploymentEnded') return;
  for (const id of state.kept.get(fact.deployment) ?? []) state.ended.add(id);
  state.kept.delete(fact.deployment);
  forgetOldest(state);
};

/** Whoever asked for the deployment was answered for this fact, and finds it. */
const evolveApp = (state: Deployments, { stream, fact, meta }: Recorded<AppFact>): void => {
  if (fact.type === 'DeploymentEnded') {
    const ended = state.rows.get(fact.deployment);
    if (ended !== undefined && fact.reason !== undefined) ended.reason = fact.reason;
    // Let go before its turn came: it has no stream of its own that could tell.
    const row = state.rows.get(fact.deployment);
    if (row?.state === NOT_STARTED) end(state, row, fact.outcome, meta.at);
    return;
  }
  if (fact.type !== 'DeploymentBegan') return;
  const { supersedes } = fact;
  // One that was taken over from before it started never will.
  const loser = supersedes === undefined ? undefined : state.rows.get(supersedes);
  if (loser?.state === NOT_STARTED) {
    // A plan is told what became of its part.
    if (loser.partOf !== undefined) end(state, loser, 'cancelled', meta.at);
    else forget(state, loser);
  }
  begin(state, fact.deployment, { ...fact, app: keyOf(stream), state: NOT_STARTED, startedAt: meta.at });
};

const end = (state: Deployments, row: Mutable<DeploymentRow>, outcome: NonNullable<DeploymentRow['outcome']>, at: number): void => {
  row.endedAt = at;
  row.outcome = outcome;
  row.retire = [];
  stop(state, row);
  (state.kept.get(row.partOf ?? '') ?? state.ended).add(row.id);
  forgetOldest(state);
};

type Beginning = Pick<AppFactOf<'DeploymentBegan'>, 'from' | 'to' | 'previous' | 'retire' | 'strategy' | 'partOf' | 'policy'> &
  Pick<DeploymentRow, 'app' | 'state' | 'startedAt'>;

const begin = (deployments: Deployments, id: string, beginning: Beginning): void => {
  const { rows, running, runningOf } = deployments;
  const { app, strategy, state, from, to, previous, retire, partOf, policy, startedAt } = beginning;
  const known = { ...(to && { to }), ...(previous && { previous }), ...(partOf && { partOf }), ...(policy && { policy }) };
  rows.set(id, { id, app, strategy, state, from, retire, tallies: {}, startedAt, ...known });
  running.add(id);
  runningOf.set(app, (runningOf.get(app) ?? new Set()).add(id));
  // One that was taken over from before it started may start all the same, to be told then.
  deployments.ended.delete(id);
  deployments.kept.get(partOf ?? '')?.delete(id);
  if (partOf !== undefined) deployments.parts.set(`${partOf} ${app}`, id);
};

const evolveDeployment = (deployments: Deployments, { stream, fact, meta }: Recorded<DeploymentFact>): void => {
  const id = keyOf(stream);
  if (fact.type === 'DeploymentStarted') {
    const partOf = deployments.rows.get(id)?.partOf;
    begin(deployments, id, { ...fact, strategy: meta.chart ?? '', state: meta.state, startedAt: meta.at, ...(partOf && { partOf }) });
    return;
  }
  const row = deployments.rows.get(id);
  if (row === undefined) return;
  row.state = meta.state;
  if (fact.type === 'SlotsChanged') row.tallies = fact.tallies;
  if (fact.type === 'TrafficShifted') row.weights = fact.weights;
  if (fact.type === 'DeploymentPaused') row.paused = { reason: fact.reason, since: meta.at };
  if (ENDS_A_PAUSE.has(fact.type)) delete row.paused;
  const reason = reasonOf(fact);
  if (reason !== undefined) row.reason = reason;
  if (fact.type === 'TargetChanged' && row.to !== undefined) row.to = { ...row.to, instances: fact.instances };
  if (fact.type === 'AppReleased') {
    end(deployments, row, meta.state as NonNullable<DeploymentRow['outcome']>, meta.at);
  }
};

const ENDS_A_PAUSE: ReadonlySet<string> = new Set(['DeploymentResumed', 'DeploymentAborted', 'DeploymentCancelled']);

/** Why a deployment is given up, by the fact that says so. */
const reasonOf = (fact: DeploymentFact): string | undefined => {
  switch (fact.type) {
    case 'DeploymentAborted':
    case 'DeploymentCancelled':
      return fact.reason;
    case 'GateFailed':
      return `gate '${fact.gate}' failed: ${fact.reason}`;
    case 'HookFailed':
      return `the command ${fact.hook} it failed: ${fact.reason}`;
    case 'ProgressStalled':
      return 'nothing became ready for too long';
    default:
      return undefined;
  }
};

const stop = ({ running, runningOf }: Deployments, { id, app }: DeploymentRow): void => {
  running.delete(id);
  const others = runningOf.get(app);
  others?.delete(id);
  if (others?.size === 0) runningOf.delete(app);
};

const forget = (deployments: Deployments, row: DeploymentRow): void => {
  stop(deployments, row);
  remove(deployments, row.id);
};

const forgetOldest = (deployments: Deployments): void => {
  const { ended } = deployments;
  for (const id of ended) {
    if (ended.size <= ENDED_DEPLOYMENTS_KEPT) return;
    ended.delete(id);
    remove(deployments, id);
  }
};

const remove = ({ rows, parts }: Deployments, id: string): void => {
  const row = rows.get(id);
  if (row?.partOf !== undefined) parts.delete(`${row.partOf} ${row.app}`);
  rows.delete(id);
};

export const deploymentsView = ({ rows, running, runningOf, parts }: Deployments): DeploymentsView => ({
  partOf: (plan, app) => rows.get(parts.get(`${plan} ${app}`) ?? ''),
  get: (id) => rows.get(id),
  running: () => [...running].flatMap((id) => rows.get(id) ?? []),
  runningOf: (app) => [...(runningOf.get(app) ?? [])].flatMap((id) => rows.get(id) ?? []),
});
