import { either as E } from 'fp-ts';
import type { AppCommand } from '../domain/app/app.commands.ts';
import { APP, type AppFactOf, type SlotsByVersion } from '../domain/app/app.facts.ts';
import type { DeploymentCommand } from '../domain/deployment/deployment.commands.ts';
import { DEPLOYMENT, type Tallies } from '../domain/deployment/deployment.facts.ts';
import type { InstanceCommand } from '../domain/instance/instance.commands.ts';
import { keyOf, streamOf } from '../domain/kernel/ids.ts';
import type { InstanceRow, Views } from '../domain/ports/views.ts';
import type { Debt, Effect } from './performer.ts';
import { engineCause, type Tell } from './tell.ts';

/* One command appends to one stream; whatever crosses streams is owed. Each of these may be performed again and changes nothing then. */

/**
 * An app that is deploying owes its deployment a beginning, and those that it takes over from an end: also one that was superseded by
 * a deployment which never began. What is there then is counted, for the app itself knows only what each of them had aimed at.
 */
export const deployEffect = (views: Views, tell: Tell): Effect => ({
  perform: ({ params, cause }: Debt) => {
    const { app, began, instances } = params as { app: string; began: AppFactOf<'DeploymentBegan'>; instances: number };
    const { deployment, supersedes, type: _, ...rest } = began;
    const inTheWay = new Set(views.deployments.runningOf(app).flatMap(({ id }) => (id === deployment ? [] : [id])));
    if (supersedes !== undefined) inTheWay.add(supersedes);
    let left = inTheWay.size;
    const start = () => {
      const live = liveOf(views.instances.tallies(app));
      const from = supersedes === undefined ? { ...noneOf(live), ...rest.from } : live;
      const begin: DeploymentCommand = { ...rest, type: 'BeginDeployment', app, from };
      tell(streamOf(DEPLOYMENT, deployment), begin, engineCause(cause));
      const change: DeploymentCommand = { type: 'ChangeTarget', instances };
      if (rest.to !== undefined && rest.to.instances !== instances) tell(streamOf(DEPLOYMENT, deployment), change, engineCause(cause));
    };
    if (left === 0) return start();
    const cancel: DeploymentCommand = { type: 'CancelDeployment', reason: `superseded by ${deployment}` };
    for (const other of inTheWay)
      tell(streamOf(DEPLOYMENT, other), cancel, engineCause(cause), () => {
        left -= 1;
        if (left === 0) start();
      });
  },
});

/** A version of which all are on their way out is named too: there is something to look at. */
export const liveOf = (tallies: Tallies): SlotsByVersion =>
  Object.fromEntries(Object.entries(tallies).flatMap(([version, { live, leaving }]) => (live + leaving > 0 ? [[version, live]] : [])));

/** What the app no longer wants is there to be looked at, and not to be kept. */
const noneOf = (slots: SlotsByVersion): SlotsByVersion => Object.fromEntries(Object.keys(slots).map((version) => [version, 0]));

/**
 * An app that was taken over by the plan of a group owes those that still move it an end. The end says what is left, and what is left is
 * kept; where nothing had begun to move it, that is told at once.
 */
export const supersedeEffect = (views: Views, tell: Tell): Effect => ({
  perform: ({ params, cause }: Debt) => {
    const { app, by, loser = '' } = params as { app: string; by: string; loser?: string };
    const moving = views.deployments.runningOf(app).filter(({ id }) => id !== by);
    const cancel: DeploymentCommand = { type: 'CancelDeployment', reason: `superseded by ${by}` };
    for (const row of moving) tell(streamOf(DEPLOYMENT, row.id), cancel, engineCause(cause));
    if (moving.length > 0) return;
    const slots = liveOf(views.instances.tallies(app));
    const stopped: AppCommand = { type: 'ReportDeploymentEnded', deployment: loser, outcome: 'cancelled', slots };
    tell(streamOf(APP, app), stopped, engineCause(cause));
  },
});

type Release = {
  readonly app: string;
  readonly outcome: AppFactOf<'DeploymentEnded'>['outcome'];
  readonly slots: SlotsByVersion;
  /** Configuration version that one which failed went back to. */
  readonly restored?: string;
  readonly reason?: string;
};

/** A deployment that has ended owes the app its lock back. */
export const releaseEffect = (views: Views, tell: Tell): Effect => ({
  perform: ({ stream, params, cause }: Debt) => {
    const { app, outcome, slots, restored, reason } = params as Release;
    const definition = restored === undefined ? undefined : views.apps.definition(app, restored);
    const ended: AppCommand = {
      type: 'ReportDeploymentEnded',
      deployment: keyOf(stream),
      outcome,
      slots,
      ...(reason !== undefined && { reason }),
      ...(restored !== undefined && definition !== undefined && { restored: { configVersion: restored, definition } }),
    };
    const released: DeploymentCommand = { type: 'ReportReleased' };
    tell(streamOf(APP, app), ended, engineCause(cause), (result) => {
      // An app that stands still has not taken its lock back.
      if (E.isRight(result)) tell(stream, released, engineCause(cause));
    });
  },
});

/** A node out of sight owes those on it the news; what follows is each app's own policy. */
export const declareUnreachableEffect = (views: Views, tell: Tell): Effect => ({
  perform: (debt: Debt) => {
    const node = keyOf(debt.stream);
    for (const row of views.instances.onNode(node))
      tell(streamOf('instance', row.id), unreachable(node, row, views), engineCause(debt.cause));
  },
});

/** That the node of an instance is out of sight, with what its app wants to follow from it. */
export const unreachable = (node: string, row: InstanceRow, views: Views): InstanceCommand => {
  const policy = views.apps.definition(row.app, row.version)?.unreachableStrategy ?? 'disabled';
  if (policy === 'disabled') return { type: 'ReportNodeUnreachable', node };
  return {
    type: 'ReportNodeUnreachable',
    node,
    inactiveAfterMs: policy.inactiveAfterSeconds * 1000,
    expungeAfterMs: policy.expungeAfterSeconds * 1000,
  };
};

/** A node that was removed owes those on it their end. */
export const declareGoneEffect = (views: Views, tell: Tell): Effect => ({
  perform: (debt: Debt) => {
    const node = keyOf(debt.stream);
    const { reason } = debt.params as { reason: string };
    for (const row of views.instances.onNode(node)) {
      const command: InstanceCommand = { type: 'ReportNodeGone', node, why: `node removed: ${reason}` };
      tell(streamOf('instance', row.id), command, engineCause(debt.cause));
    }
  },
});
