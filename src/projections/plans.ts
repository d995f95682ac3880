import type { GroupFact } from '../domain/group/group.facts.ts';
import { keyOf, nounOf } from '../domain/kernel/ids.ts';
import type { Recorded } from '../domain/kernel/recorded.ts';
import type { PlanFact } from '../domain/plan/plan.facts.ts';
import type { PlanRow, PlansView } from '../domain/ports/views.ts';
import type { Projection } from './projection.ts';

type Row = Omit<{ -readonly [K in keyof PlanRow]: PlanRow[K] }, 'changes'> & { changes: PlanRow['changes'][number][] };
export type Plans = { readonly rows: Map<string, Row>; readonly running: Set<string> };

/** Ended plans that stay readable here; older ones are in the log. */
export const ENDED_PLANS_KEPT = 1_000;

/** Deployments of groups; each is there from the moment on in which the tree took it. */
export const plans: Projection<Plans> = {
  name: 'plans',
  version: 2,
  initial: () => ({ rows: new Map(), running: new Set() }),
  evolve: (state, recorded) => {
    const noun = nounOf(recorded.stream);
    if (noun === 'group') evolveGroup(state, recorded as Recorded<GroupFact>);
    else if (noun === 'plan') evolvePlan(state, recorded as Recorded<PlanFact>);
  },
};

const evolveGroup = (state: Plans, { fact, meta }: Recorded<GroupFact>): void => {
  if (fact.type === 'GroupDeploymentBegan') {
    const { deployment: id, group, version, force, steps, supersedes } = fact;
    const at = Date.parse(version);
    state.rows.set(id, { id, group, version, at, force, steps, step: 0, state: 'absent', changes: [], startedAt: meta.at });
    state.running.add(id);
    for (const other of supersedes) {
      const row = state.rows.get(other);
      if (row !== undefined) row.supersededBy = id;
    }
    if (state.rows.size > ENDED_PLANS_KEPT + state.running.size) forgetOldest(state);
  }
  if (fact.type === 'MemberChangePlanned') {
    const { type: _, deployment, ...change } = fact;
    state.rows.get(deployment)?.changes.push(change);
  }
  if (fact.type === 'GroupDeploymentEnded') {
    const row = state.rows.get(fact.deployment);
    if (row === undefined) return;
    row.endedAt = meta.at;
    row.outcome = fact.outcome;
    state.running.delete(row.id);
  }
};

const evolvePlan = ({ rows }: Plans, { stream, fact, meta }: Recorded<PlanFact>): void => {
  const row = rows.get(keyOf(stream));
  if (row === undefined) return;
  row.state = meta.state;
  if (fact.type === 'StepCompleted') row.step = fact.step + 1;
};

const forgetOldest = ({ rows, running }: Plans): void => {
  for (const id of rows.keys()) {
    if (running.has(id)) continue;
    rows.delete(id);
    return;
  }
};

export const plansView = ({ rows, running }: Plans): PlansView => ({
  get: (id) => rows.get(id),
  running: () => [...running].flatMap((id) => rows.get(id) ?? []),
});
