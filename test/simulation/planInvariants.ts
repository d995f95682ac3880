import type { AppContext } from '../../src/domain/app/app.chart.ts';
import type { AppFact, AppFactOf } from '../../src/domain/app/app.facts.ts';
import { type GroupContext, idsOf } from '../../src/domain/group/group.chart.ts';
import { type GroupFact, type GroupFactOf, ROOT_GROUP } from '../../src/domain/group/group.facts.ts';
import type { InstanceFact } from '../../src/domain/instance/instance.facts.ts';
import { isLive } from '../../src/domain/instance/instance.states.ts';
import { keyOf, nounOf, streamOf } from '../../src/domain/kernel/ids.ts';
import type { PlanContext } from '../../src/domain/plan/plan.chart.ts';
import type { PlanFact } from '../../src/domain/plan/plan.facts.ts';
import type { Audit, Known } from './audit.ts';
import type { Invariant } from './invariants.ts';

/* What must never be otherwise of groups and the plans that move them. */

const treeOf = (audit: Audit): GroupContext | undefined => audit.streams.get(ROOT_GROUP)?.state.context as GroupContext | undefined;
const factsOf = <F>(audit: Audit, stream: string): readonly F[] => (audit.streams.get(stream)?.facts ?? []).map(({ fact }) => fact as F);
const beganOf = (audit: Audit, plan: string): GroupFactOf<'GroupDeploymentBegan'> | undefined =>
  factsOf<GroupFact>(audit, ROOT_GROUP).find(
    (fact): fact is GroupFactOf<'GroupDeploymentBegan'> => fact.type === 'GroupDeploymentBegan' && fact.deployment === plan,
  );
const partsOf = (audit: Audit, app: string): readonly AppFactOf<'DeploymentBegan'>[] =>
  factsOf<AppFact>(audit, streamOf('app', app)).filter((fact): fact is AppFactOf<'DeploymentBegan'> => fact.type === 'DeploymentBegan');

const plansDoNotOverlap: Invariant<Known> = {
  sentence: 'two plans that run do not move the same app, unless the newer one takes over from the older',
  check: (audit, { stored, fact }) => {
    if (fact.type !== 'GroupDeploymentBegan') return undefined;
    const { deployment, supersedes, ...began } = fact as GroupFactOf<'GroupDeploymentBegan'>;
    const mine = idsOf(began);
    const other = Object.values(treeOf(audit)?.plans ?? {}).find(
      (plan) => plan.deployment !== deployment && !supersedes.includes(plan.deployment) && [...idsOf(plan)].some((id) => mine.has(id)),
    );
    return other && { subject: stored.stream, says: `${deployment} and ${other.deployment} move the same` };
  },
};

const turnsInOrder: Invariant<Known> = {
  sentence: 'an app begins its part of a plan when the plan stands at its step',
  check: (audit, { stored, fact }) => {
    if (fact.type !== 'DeploymentTurnCame') return undefined;
    const app = keyOf(stored.stream);
    const plan = audit.locks.get(app)?.partOf;
    if (plan === undefined) return { subject: stored.stream, says: 'its deployment is part of no plan' };
    const there = audit.streams.get(streamOf('plan', plan));
    const { step, steps } = (there?.state.context ?? { step: 0, steps: [] }) as PlanContext;
    const isItsTurn = steps[step]?.actions.some(({ id, action }) => id === app && action !== 'Start') === true;
    const before = there?.facts.at(-1)?.fact.type;
    if (isItsTurn && (there?.state.value === 'stepping' || before === 'PlanCancelled')) return undefined;
    return { subject: stored.stream, says: `its plan ${plan} is ${there?.state.value} at step ${step}` };
  },
};

const stepsEndFirst: Invariant<Known> = {
  sentence: 'a step is completed when each of its apps has been moved',
  check: (audit, { stored, fact }) => {
    if (fact.type !== 'StepCompleted') return undefined;
    const plan = keyOf(stored.stream);
    const { step } = fact as Extract<PlanFact, { type: 'StepCompleted' }>;
    const context = audit.streams.get(stored.stream)?.state.context as PlanContext | undefined;
    for (const { id, action } of context?.steps[step]?.actions ?? []) {
      if (action === 'Start') continue;
      const part = partsOf(audit, id).findLast(({ partOf }) => partOf === plan);
      const isGone = part === undefined && action === 'Stop';
      // One that was there already when somebody else took the lock has done its part.
      const isDone = audit.deployments.get(part?.deployment ?? '')?.state === 'succeeded';
      if (!isGone && !isDone) return { subject: stored.stream, says: `${action} of ${id} has not succeeded` };
    }
    return undefined;
  },
};

const supersededIsQuiet: Invariant<Known> = {
  sentence: 'a plan that was taken over from takes nothing back from its successor',
  check: (audit, { stored, fact }) => {
    if (fact.type !== 'DeploymentBegan') return undefined;
    const { partOf, supersedes } = fact as AppFactOf<'DeploymentBegan'>;
    if (partOf === undefined || supersedes === undefined) return undefined;
    const loser = partsOf(audit, keyOf(stored.stream)).find(({ deployment }) => deployment === supersedes)?.partOf;
    if (loser === undefined || beganOf(audit, loser)?.supersedes.includes(partOf) !== true) return undefined;
    return { subject: stored.stream, says: `${partOf} takes over from ${loser}, which had taken over from it` };
  },
};

const lockGivenBack: Invariant<Known> = {
  sentence: 'a plan that has ended holds no app',
  check: (audit, { stored, fact }) => {
    if (fact.type !== 'GroupDeploymentEnded') return undefined;
    const { deployment } = fact as GroupFactOf<'GroupDeploymentEnded'>;
    const held = [...audit.locks].find(([, { partOf }]) => partOf === deployment);
    return held && { subject: stored.stream, says: `${deployment} still holds ${held[0]}` };
  },
};

const TAKEN = /^another deployment took (\S+) over$/;

const cancelledForAReason: Invariant<Known> = {
  sentence: 'a plan says the truth of why it was cancelled',
  check: (audit, { stored, fact }) => {
    if (fact.type !== 'PlanCancelled') return undefined;
    const { reason } = fact as Extract<PlanFact, { type: 'PlanCancelled' }>;
    const taken = TAKEN.exec(reason)?.[1];
    if (taken === undefined) return undefined;
    const all = partsOf(audit, taken);
    const mine = all.findLastIndex(({ partOf }) => partOf === keyOf(stored.stream));
    return mine >= 0 && mine < all.length - 1 ? undefined : { subject: stored.stream, says: `nobody took ${taken} over` };
  },
};

const heldKeeps: Invariant<Known> = {
  sentence: 'an app that waits for its turn loses no instance that it keeps',
  check: (audit, { stored, fact }) => {
    if (fact.type !== 'InstanceStopRequested') return undefined;
    const { reason } = fact as Extract<InstanceFact, { type: 'InstanceStopRequested' }>;
    const one = audit.instances.get(keyOf(stored.stream));
    if (one === undefined || (reason !== 'replaced by another version' && reason !== 'scaled down')) return undefined;
    const app = audit.streams.get(streamOf('app', one.app));
    if (app?.state.value !== 'held') return undefined;
    const wanted = (app.state.context as AppContext).slots[one.version] ?? 0;
    const left = audit.ofApp(one.app).filter((each) => each.version === one.version && isLive(each.state)).length;
    return left >= wanted ? undefined : { subject: stored.stream, says: `${left} of ${one.app} ${one.version} are left of ${wanted}` };
  },
};

const outcomesAreTrue: Invariant<Known> = {
  sentence: 'a plan ends as its tree says',
  check: (audit, { stored, meta }) => {
    if (nounOf(stored.stream) !== 'plan' || !['succeeded', 'cancelled'].includes(meta.state)) return undefined;
    const plan = keyOf(stored.stream);
    const ended = factsOf<GroupFact>(audit, ROOT_GROUP).find((fact) => fact.type === 'GroupDeploymentEnded' && fact.deployment === plan);
    const outcome = (ended as GroupFactOf<'GroupDeploymentEnded'> | undefined)?.outcome;
    return outcome === meta.state ? undefined : { subject: stored.stream, says: `${meta.state}, and the tree says ${outcome}` };
  },
};

export const planInvariants: readonly Invariant<Known>[] = [
  plansDoNotOverlap,
  turnsInOrder,
  stepsEndFirst,
  supersededIsQuiet,
  lockGivenBack,
  cancelledForAReason,
  heldKeeps,
  outcomesAreTrue,
];
