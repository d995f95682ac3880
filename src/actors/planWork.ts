import { either as E } from 'fp-ts';
import { v5 as uuid5 } from 'uuid';
import type { AppCommand } from '../domain/app/app.commands.ts';
import { APP } from '../domain/app/app.facts.ts';
import type { DeploymentCommand } from '../domain/deployment/deployment.commands.ts';
import { DEPLOYMENT } from '../domain/deployment/deployment.facts.ts';
import type { GroupCommand } from '../domain/group/group.commands.ts';
import { type MemberChange, type PlanAction, ROOT_GROUP } from '../domain/group/group.facts.ts';
import { keyOf, nounOf, type StreamName, streamOf, type Uuid } from '../domain/kernel/ids.ts';
import type { Clock } from '../domain/kernel/ports.ts';
import type { Recorded } from '../domain/kernel/recorded.ts';
import type { PlanCommand } from '../domain/plan/plan.commands.ts';
import { PLAN } from '../domain/plan/plan.facts.ts';
import type { PlanRow, Views } from '../domain/ports/views.ts';
import { liveOf } from './crossing.ts';
import type { Debt, Effect } from './performer.ts';
import { engineCause, type Tell } from './tell.ts';

/** Namespace of the deployments that a plan consists of (RFC 9562 §5.5): asking twice for one names the same. */
const PART_NAMESPACE = '6f0c5b4e-3f0b-4a53-9d0b-0f6a8a1c7e21';

/** The deployment of one app that is its part of a plan. */
export const partOf = (plan: string, member: string): Uuid => uuid5(`${plan} ${member}`, PART_NAMESPACE);

export type PlanWork = {
  readonly hold: Effect;
  readonly advance: Effect;
  readonly settle: Effect;
  take(batch: readonly Recorded[]): void;
};

/**
 * Makes true what plans owe: the locks of all they move, then the moves of one step, then an end. Everything is read from the views at
 * each look, so that a look may come at any time and as often as it likes.
 */
export const createPlanWork = (views: Views, clock: Clock, tell: Tell): PlanWork => {
  const owed = { hold: new Map<StreamName, Debt>(), advance: new Map<StreamName, Debt>(), settle: new Map<StreamName, Debt>() };
  /** Parts that were told something and have not answered, by plan. */
  const asked = new Map<StreamName, Set<Uuid>>();
  /** Parts of apps that were to go and are gone already. */
  const absent = new Set<Uuid>();
  let scheduled = false;

  /** Looked at once per turn of the event loop, however many commits came in it. */
  const look = (): void => {
    if (scheduled || owed.hold.size + owed.advance.size + owed.settle.size === 0) return;
    scheduled = true;
    clock.schedule(0, () => {
      scheduled = false;
      for (const debt of [...owed.hold.values()]) hold(debt);
      for (const debt of [...owed.advance.values()]) advance(debt);
      for (const debt of [...owed.settle.values()]) settle(debt);
    });
  };

  const report = (debt: Debt, command: PlanCommand): void => {
    if (!begin(debt, REPORT)) return;
    tell(debt.stream, command, engineCause(debt.cause), () => end(debt, REPORT));
  };

  const begin = ({ stream }: Debt, part: Uuid): boolean => {
    const waiting = asked.get(stream) ?? new Set();
    if (waiting.has(part)) return false;
    asked.set(stream, waiting.add(part));
    return true;
  };

  const end = ({ stream }: Debt, part: Uuid): void => {
    const waiting = asked.get(stream);
    waiting?.delete(part);
    if (waiting?.size === 0) asked.delete(stream);
    look();
  };

  const hold = (debt: Debt): void => {
    const plan = views.plans.get(keyOf(debt.stream));
    if (plan === undefined) return;
    let missing = 0;
    for (const change of plan.changes) {
      const part = partOf(plan.id, change.id);
      if (absent.has(part) || views.deployments.get(part) !== undefined) continue;
      missing += 1;
      if (isInTheWay(plan, change.id) || !begin(debt, part)) continue;
      tell(streamOf(APP, change.id), lockOf(plan, change, part), engineCause(debt.cause), (result) => {
        if (E.isLeft(result) && result.left.code === 'not-found') absent.add(part);
        else if (E.isLeft(result) && result.left.code !== 'app-locked')
          report(debt, { type: 'CancelPlan', reason: `${change.id}: ${result.left.message}` });
        end(debt, part);
      });
    }
    if (missing === 0) report(debt, { type: 'ReportMembersHeld' });
  };

  /** Another deployment moves it, and this plan was not told to take over: asked again when that one has ended. */
  const isInTheWay = ({ force }: PlanRow, member: string): boolean => !force && views.apps.get(member)?.deployment !== undefined;

  const advance = (debt: Debt): void => {
    const { step, actions } = debt.params as { step: number; actions: readonly PlanAction[] };
    const plan = keyOf(debt.stream);
    const lost = (views.plans.get(plan)?.changes ?? []).find(({ id }) => isLost(plan, id));
    if (lost !== undefined) return void report(debt, { type: 'CancelPlan', reason: `another deployment took ${lost.id} over` });
    const open = actions.filter((action) => action.action !== 'Start' && !absent.has(partOf(plan, action.id)));
    let left = 0;
    for (const { id } of open) {
      const part = partOf(plan, id);
      const row = views.deployments.get(part);
      if (row?.outcome === 'succeeded') continue;
      if (row?.outcome !== undefined)
        return void report(debt, { type: 'CancelPlan', reason: `the deployment of ${id} was ${row.outcome}` });
      left += 1;
      if (views.apps.get(id)?.held !== true || !begin(debt, part)) continue;
      const turn: AppCommand = { type: 'BeginHeldDeployment', deployment: part };
      tell(streamOf(APP, id), turn, engineCause(debt.cause), () => end(debt, part));
    }
    if (left === 0) report(debt, { type: 'ReportStepCompleted', step });
  };

  /** A member that another deployment took over before this plan was done with it. */
  const isLost = (plan: string, member: string): boolean => {
    const part = partOf(plan, member);
    const row = views.deployments.get(part);
    if (absent.has(part) || row?.outcome !== undefined) return false;
    // One that never began is forgotten when it is taken over from. Nobody holds the lock in the moment between two ends of a deployment.
    const holder = views.apps.get(member)?.deployment;
    return row === undefined || (holder !== undefined && holder !== part);
  };

  /** Whatever it still holds is let go first; what is under way for it is waited for, or it would be held for ever. */
  const settle = (debt: Debt): void => {
    if (asked.has(debt.stream)) return;
    const { outcome } = debt.params as { outcome: 'succeeded' | 'cancelled' };
    const plan = keyOf(debt.stream);
    for (const { id } of views.plans.get(plan)?.changes ?? []) {
      const part = partOf(plan, id);
      if (views.apps.get(id)?.deployment !== part) continue;
      if (views.apps.get(id)?.held === true) letGo(debt, id, part);
      else if (views.deployments.get(part)?.outcome === undefined) {
        const cancel: DeploymentCommand = { type: 'CancelDeployment', reason: 'its plan was cancelled' };
        tell(streamOf(DEPLOYMENT, part), cancel, engineCause(debt.cause));
      }
    }
    if (asked.has(debt.stream)) return;
    const ended: GroupCommand = { type: 'ReportGroupDeploymentEnded', deployment: plan, outcome };
    begin(debt, REPORT);
    tell(ROOT_GROUP, ended, engineCause(debt.cause), (result) => {
      const released: PlanCommand = { type: 'ReportPlanReleased' };
      if (E.isRight(result)) tell(debt.stream, released, engineCause(debt.cause), () => end(debt, REPORT));
      else end(debt, REPORT);
    });
  };

  const letGo = (debt: Debt, member: string, part: Uuid): void => {
    if (!begin(debt, part)) return;
    const slots = liveOf(views.instances.tallies(member));
    const command: AppCommand = { type: 'ReportDeploymentEnded', deployment: part, outcome: 'cancelled', slots };
    tell(streamOf(APP, member), command, engineCause(debt.cause), () => end(debt, part));
  };

  const keep = (debts: Map<StreamName, Debt>): Effect => ({
    perform: (debt) => {
      debts.set(debt.stream, debt);
      look();
    },
    release: ({ stream }) => void debts.delete(stream),
  });

  return {
    hold: keep(owed.hold),
    advance: keep(owed.advance),
    settle: keep(owed.settle),
    take: (batch) => {
      const isNews = ({ stream }: Recorded): boolean => nounOf(stream) === APP || nounOf(stream) === DEPLOYMENT;
      if (batch.some(isNews)) look();
    },
  };
};

/** Key of what is told to the plan itself, beside its parts. */
const REPORT = 'report';

const lockOf = ({ id: plan, at, force }: PlanRow, change: MemberChange, deployment: Uuid): AppCommand => {
  const { definition, reason, configVersion, restart } = change;
  const part = { deployment, force, partOf: { plan, at } };
  if (definition === undefined) return { type: 'DestroyApp', ...part };
  const from = { ...(configVersion !== undefined && { configVersion }), ...(restart !== undefined && { restart }) };
  return { type: 'DeployApp', definition, reason, mode: 'either', ...part, ...from };
};

/** The tree owes each of its plans a beginning, and those that it takes over from an end: in this order, for only what began can end. */
export const planEffect = (tell: Tell): Effect => ({
  perform: ({ params, cause }) => {
    const { plans } = params as { plans: readonly Plan[] };
    for (const { deployment, group, version, steps } of plans) {
      const start: PlanCommand = { type: 'BeginPlan', group, version, steps };
      tell(streamOf(PLAN, deployment), start, engineCause(cause));
    }
    for (const { deployment, supersedes } of plans)
      for (const other of supersedes) {
        const cancel: PlanCommand = { type: 'CancelPlan', reason: `superseded by ${deployment}` };
        tell(streamOf(PLAN, other), cancel, engineCause(cause));
      }
  },
});

type Plan = Omit<Extract<PlanCommand, { type: 'BeginPlan' }>, 'type'> & {
  readonly deployment: string;
  readonly supersedes: readonly string[];
};
