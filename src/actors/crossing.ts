import type { AppCommand } from '../domain/app/app.commands.ts';
import { APP, type AppFactOf, type SlotsByVersion } from '../domain/app/app.facts.ts';
import type { DeploymentCommand } from '../domain/deployment/deployment.commands.ts';
import { DEPLOYMENT } from '../domain/deployment/deployment.facts.ts';
import type { InstanceCommand } from '../domain/instance/instance.commands.ts';
import { keyOf, streamOf } from '../domain/kernel/ids.ts';
import type { InstanceRow, Views } from '../domain/ports/views.ts';
import type { Debt, Effect } from './performer.ts';
import { engineCause, type Tell } from './tell.ts';

/* One command appends to one stream; whatever crosses streams is owed. Each of these may be performed again and changes nothing then. */

/** An app that is deploying owes its deployment a beginning, and the one that it takes over from an end. */
export const deployEffect = (tell: Tell): Effect => ({
  perform: ({ params, cause }: Debt) => {
    const { app, began, instances } = params as { app: string; began: AppFactOf<'DeploymentBegan'>; instances: number };
    const { deployment, supersedes, type: _, previous, to, ...rest } = began;
    const { from, strategy, minimumHealthCapacity, maximumOverCapacity, retire } = rest;
    const begin: DeploymentCommand = {
      type: 'BeginDeployment',
      app,
      strategy,
      from,
      minimumHealthCapacity,
      maximumOverCapacity,
      retire,
      ...(to !== undefined && { to }),
      ...(previous !== undefined && { previous }),
    };
    const start = () => {
      tell(streamOf(DEPLOYMENT, deployment), begin, engineCause(cause));
      const change: DeploymentCommand = { type: 'ChangeTarget', instances };
      if (to !== undefined && to.instances !== instances) tell(streamOf(DEPLOYMENT, deployment), change, engineCause(cause));
    };
    if (supersedes === undefined) return start();
    const cancel: DeploymentCommand = { type: 'CancelDeployment', reason: `superseded by ${deployment}` };
    tell(streamOf(DEPLOYMENT, supersedes), cancel, engineCause(cause), start);
  },
});

/** A deployment that has ended owes the app its lock back. */
export const releaseEffect = (tell: Tell): Effect => ({
  perform: ({ stream, params, cause }: Debt) => {
    const { app, outcome, slots } = params as { app: string; outcome: AppFactOf<'DeploymentEnded'>['outcome']; slots: SlotsByVersion };
    const ended: AppCommand = { type: 'ReportDeploymentEnded', deployment: keyOf(stream), outcome, slots };
    const released: DeploymentCommand = { type: 'ReportReleased' };
    tell(streamOf(APP, app), ended, engineCause(cause), () => tell(stream, released, engineCause(cause)));
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

const unreachable = (node: string, row: InstanceRow, views: Views): InstanceCommand => {
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
