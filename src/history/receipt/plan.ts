import { APP, type AppFact } from '../../domain/app/app.facts.ts';
import { type GroupFact, type GroupFactOf, ROOT_GROUP } from '../../domain/group/group.facts.ts';
import { streamOf } from '../../domain/kernel/ids.ts';
import type { Recorded } from '../../domain/kernel/recorded.ts';
import { PLAN } from '../../domain/plan/plan.facts.ts';
import type { Past } from '../../domain/ports/past.ts';
import type { PlanReceipt } from '../../domain/ports/receipt.ts';
import { visitsOf } from '../timeline/visits.ts';
import { voidsOf } from '../voids.ts';
import { askedBy } from './asked.ts';

const OVER: ReadonlySet<string> = new Set(['succeeded', 'failed', 'cancelled']);

export const planReceipt = (past: Past, id: string): PlanReceipt | undefined => {
  const isVoid = voidsOf(past);
  const tree = past.stream(ROOT_GROUP).filter((recorded) => {
    const fact = recorded.fact as GroupFact;
    return 'deployment' in fact && fact.deployment === id && !isVoid(recorded);
  });
  const began = tree.find(({ fact }) => fact.type === 'GroupDeploymentBegan');
  if (began === undefined) return undefined;
  const end = tree.find(({ fact }) => fact.type === 'GroupDeploymentEnded');
  const { group, version, supersedes, steps } = began.fact as GroupFactOf<'GroupDeploymentBegan'>;
  const upTo = end?.position ?? past.head();
  const own = past.stream(streamOf(PLAN, id), upTo).filter((recorded) => !isVoid(recorded));
  const until = past.fact(upTo)?.meta.at ?? began.meta.at;
  return {
    form: 'wharf.plan-receipt.v1',
    plan: id,
    group,
    version,
    asked: askedBy(past, began),
    supersedes,
    steps,
    phases: visitsOf(own, until, (state) => OVER.has(state)).map(({ state, since, ms, type, position }) => ({
      state,
      since,
      ms,
      type,
      position,
    })),
    parts: membersOf(tree).flatMap((app) => partsOf(past, app, id, upTo)),
    ...(end !== undefined && {
      outcome: { outcome: (end.fact as GroupFactOf<'GroupDeploymentEnded'>).outcome, at: end.meta.at },
    }),
    firstPosition: began.position,
    ...(end !== undefined && { lastPosition: end.position }),
  };
};

const membersOf = (tree: readonly Recorded[]): readonly string[] => [
  ...new Set(tree.flatMap(({ fact }) => (fact.type === 'MemberChangePlanned' ? [(fact as GroupFactOf<'MemberChangePlanned'>).id] : []))),
];

const partsOf = (past: Past, app: string, plan: string, upTo: number): PlanReceipt['parts'] => {
  const facts = past.stream(streamOf(APP, app), upTo).map(({ fact }) => fact as AppFact);
  return facts.flatMap((fact) => {
    if (fact.type !== 'DeploymentBegan' || fact.partOf !== plan) return [];
    const { deployment } = fact;
    const ended = facts.find((each) => each.type === 'DeploymentEnded' && each.deployment === deployment);
    return [{ app, deployment, ...(ended?.type === 'DeploymentEnded' && { outcome: ended.outcome }) }];
  });
};
