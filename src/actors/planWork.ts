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
  /** Looks at once, as when a stream stands still from now on. */
  look(): void;
};

/** How long a part that was to be cancelled and has not begun is left alone before it is told again, ms. */
const TELL_AGAIN_MS = 500;

/**
 * Makes true what plans owe: the locks of all they move, then the moves of one step, then an end. Everything is read from the views at
 * each look, so that a look may come at any time and as often as it likes.
 * @param standsStill why a stream is quarantined; undefined for one that is well
 */
export const createPlanWork = (
  views: Views,
  clock: Clock,
  tell: Tell,
  standsStill: (stream: StreamName) => string | undefined,
): PlanWork => {
  const owed = { hold: new Map<StreamName, Debt>(), advance: new Map<StreamName, Debt>(), settle: new Map<StreamName, Debt>() };
  /** Parts that were told something and have not answered, by plan. */
  const asked = new Map<StreamName, Set<Uuid>>();
  /** Parts of apps that were to go and are gone already, by the plan that takes its locks. */
  const absent = new Map<StreamName, Set<Uuid>>();
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
    if (standsStill(debt.stream) !== undefined || !begin(debt, REPORT)) return;
    tell(debt.stream, command, engineCause(debt.cause), () => end(debt, REPORT));
  };

  const cancel = (debt: Debt, reason: string): void => report(debt, { type: 'CancelPlan', reason });

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

  /** The plan, unless something stands in its way, for which it is cancelled. */
  const goingOn = (debt: Debt): PlanRow | undefined => {
    const plan = views.plans.get(keyOf(debt.stream));
    const obstacle = plan && obstacleOf(plan);
    if (obstacle === undefined) return plan;
    cancel(debt, obstacle);
    return undefined;
  };

  const hold = (debt: Debt): void => {
    const plan = goingOn(debt);
    if (plan === undefined) return;
    const gone = absent.get(debt.stream) ?? new Set();
    absent.set(debt.stream, gone);
    let missing = 0;
    for (const change of plan.changes) {
      const part = partOf(plan.id, change.id);
      if (gone.has(part) || views.deployments.get(part) !== undefined) continue;
      missing += 1;
      if (isInTheWay(plan, change.id) || !begin(debt, part)) continue;
      tell(streamOf(APP, change.id), lockOf(plan, change, part), engineCause(debt.cause), (result) => {
        if (E.isLeft(result) && result.left.code === 'not-found') gone.add(part);
        else if (E.isLeft(result) && result.left.code !== 'app-locked') cancel(debt, `${change.id}: ${result.left.message}`);
        end(debt, part);
      });
    }
    if (missing === 0) report(debt, { type: 'ReportMembersHeld' });
  };

  /** Another deployment moves it, and this plan was not told to take over: asked again when that one has ended. */
  const isInTheWay = ({ force }: PlanRow, member: string): boolean => !force && views.apps.get(member)?.deployment !== undefined;

  const advance = (debt: Debt): void => {
    const { step, actions } = debt.params as { step: number; actions: readonly PlanAction[] };
    const plan = goingOn(debt);
    if (plan === undefined) return;
    let left = 0;
    for (const { action, id } of actions) {
      const part = partOf(plan.id, id);
      const row = views.deployments.get(part);
      // Where there is no part when all are held, there was nothing left to remove.
      if (action === 'Start' || row === undefined || row.outcome === 'succeeded') continue;
      left += 1;
      if (views.apps.get(id)?.held !== true || !begin(debt, part)) continue;
      const turn: AppCommand = { type: 'BeginHeldDeployment', deployment: part };
      tell(streamOf(APP, id), turn, engineCause(debt.cause), () => end(debt, part));
    }
    if (left === 0) report(debt, { type: 'ReportStepCompleted', step });
  };

  /** Why a plan cannot go on, if it cannot: whoever waits for it would wait for ever. */
  const obstacleOf = (plan: PlanRow): string | undefined => {
    if (plan.supersededBy !== undefined) return `superseded by ${plan.supersededBy}`;
    for (const { id } of plan.changes) {
      const part = partOf(plan.id, id);
      const row = views.deployments.get(part);
      if (row?.outcome === 'succeeded') continue;
      const stream = [streamOf(APP, id), streamOf(DEPLOYMENT, part)].find((each) => standsStill(each) !== undefined);
      if (stream !== undefined) return `${id}: ${stream} is quarantined: ${standsStill(stream)}`;
      if (row === undefined) continue;
      const app = views.apps.get(id);
      // Nobody holds the lock in the moment between two ends of a deployment.
      const isTaken = app?.deployment !== undefined && app.deployment !== part;
      if (isTaken || (row.outcome !== undefined && app?.lastDeployment !== part)) return `another deployment took ${id} over`;
      if (row.outcome !== undefined) return `the deployment of ${id} was ${row.outcome}`;
    }
    return undefined;
  };

  /** Whatever it still holds is let go first; what is under way for it is cancelled and waited for, or it would go on with no plan. */
  const settle = (debt: Debt): void => {
    if (asked.has(debt.stream) || standsStill(debt.stream) !== undefined || standsStill(ROOT_GROUP) !== undefined) return;
    const { outcome } = debt.params as { outcome: 'succeeded' | 'cancelled' };
    const plan = keyOf(debt.stream);
    let left = 0;
    for (const { id } of views.plans.get(plan)?.changes ?? []) {
      const part = partOf(plan, id);
      if (views.apps.get(id)?.deployment !== part || standsStill(streamOf(APP, id)) !== undefined) continue;
      const isHeld = views.apps.get(id)?.held === true;
      if (!isHeld && standsStill(streamOf(DEPLOYMENT, part)) !== undefined) continue;
      left += 1;
      if (isHeld) letGo(debt, id, part);
      else stopPart(debt, part);
    }
    if (left > 0) return;
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

  /** Its end is news, and looked at then. One that has not begun is told again a little later. */
  const stopPart = (debt: Debt, part: Uuid): void => {
    if (views.deployments.get(part)?.outcome !== undefined || !begin(debt, part)) return;
    const command: DeploymentCommand = { type: 'CancelDeployment', reason: 'its plan was cancelled' };
    tell(streamOf(DEPLOYMENT, part), command, engineCause(debt.cause), () =>
      clock.schedule(TELL_AGAIN_MS, () => {
        end(debt, part);
      }),
    );
  };

  const keep = (debts: Map<StreamName, Debt>): Effect => ({
    perform: (debt) => {
      debts.set(debt.stream, debt);
      look();
    },
    release: ({ stream }) => {
      debts.delete(stream);
      if (debts === owed.hold) absent.delete(stream);
    },
  });

  return {
    hold: keep(owed.hold),
    advance: keep(owed.advance),
    settle: keep(owed.settle),
    take: (batch) => {
      const isNews = ({ stream }: Recorded): boolean => nounOf(stream) === APP || nounOf(stream) === DEPLOYMENT;
      if (batch.some(isNews)) look();
    },
    look,
  };
};

/** Key of what is told to the plan itself, beside its parts. */
const REPORT = 'report';

const lockOf = ({ id: plan, at, force }: PlanRow, change: MemberChange, deployment: Uuid): AppCommand => {
  const { definition, reason, configVersion, restart, retire } = change;
  const part = { deployment, force, partOf: { plan, at } };
  if (definition === undefined) return { type: 'DestroyApp', ...part };
  const manner = {
    ...(configVersion !== undefined && { configVersion }),
    ...(restart !== undefined && { restart }),
    ...(retire !== undefined && { retire }),
  };
  return { type: 'DeployApp', definition, reason, mode: 'either', ...part, ...manner };
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
