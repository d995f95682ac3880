import { z } from 'zod';
import type { AppCommand } from '../../../domain/app/app.commands.ts';
import type { DeploymentCommand } from '../../../domain/deployment/deployment.commands.ts';
import { DEPLOYMENT } from '../../../domain/deployment/deployment.facts.ts';
import { streamOf } from '../../../domain/kernel/ids.ts';
import type { PlanCommand } from '../../../domain/plan/plan.commands.ts';
import { PLAN } from '../../../domain/plan/plan.facts.ts';
import type { Engine } from '../../../domain/ports/engine.ts';
import type { DeploymentRow } from '../../../domain/ports/views.ts';
import { ask } from '../ask.ts';
import { notFound } from '../problem.ts';
import { flag, minPosition } from '../queries.ts';
import type { Server, Surroundings } from '../surroundings.ts';
import { announce, begin } from './changes.ts';
import { deploymentJson, planOfDeployment, planOfGroup } from './deploymentJson.ts';
import { BEGINNING, runningDeployment, runningDeployments } from './deploymentRows.ts';
import { revertPlan } from './plans.ts';

/** Deployments that run now, and how to end one: by going back, or by letting go of it. */
export const serveDeployments = (server: Server, { engine }: Surroundings): void => {
  server.route({
    method: 'GET',
    url: '/v2/deployments',
    schema: { summary: 'Running deployments.', tags: ['deployments'], querystring: z.object({ minPosition }) },
    handler: async () => [
      ...engine.views.plans.running().map((row) => deploymentJson(engine, planOfGroup(row))),
      // What moves one app for a plan is told with the plan.
      ...(await runningDeployments(engine))
        .filter(({ partOf }) => partOf === undefined)
        .map((row) => deploymentJson(engine, planOfDeployment(engine, row))),
    ],
  });

  server.route({
    method: 'DELETE',
    url: '/v2/deployments/:id',
    schema: {
      summary: 'Reverts a deployment by another one; with `force` only cancels it and leaves what is there.',
      tags: ['deployments'],
      params: z.object({ id: z.string() }),
      querystring: z.object({ force: flag(false) }),
    },
    handler: async (request, reply) => {
      const { id } = request.params;
      const plan = engine.views.plans.get(id);
      if (plan !== undefined && plan.outcome === undefined) {
        if (!request.query.force) return announce(reply, await revertPlan(engine, request, plan));
        const cancel: PlanCommand = { type: 'CancelPlan', reason: 'cancelled by request' };
        await ask(engine, request, streamOf(PLAN, id), cancel);
        return reply.code(202).send();
      }
      const row = await runningDeployment(engine, id);
      if (row === undefined) throw notFound(`DeploymentPlan ${id} does not exist`);
      if (request.query.force) {
        await begun(engine, id);
        const cancel: DeploymentCommand = { type: 'CancelDeployment', reason: 'cancelled by request' };
        await ask(engine, request, streamOf(DEPLOYMENT, id), cancel);
        return reply.code(202).send();
      }
      return announce(reply, await begin(engine, request, row.app, (deployment) => revertOf(engine, row, deployment)));
    },
  });
};

/** Longest wait for a deployment that has its app's lock to record its own beginning, ms. */
const MAX_WAIT_FOR_BEGINNING_MS = 2_000;
const LOOK_AGAIN_MS = 5;

/** Whoever is quick to cancel finds a deployment whose own stream has not begun: it does within a moment, or was taken over. */
const begun = async ({ views, clock }: Engine, id: string): Promise<void> => {
  for (let waited = 0; waited < MAX_WAIT_FOR_BEGINNING_MS && views.deployments.get(id)?.state === BEGINNING; waited += LOOK_AGAIN_MS)
    await new Promise<void>((resolve) => clock.schedule(LOOK_AGAIN_MS, resolve));
};

/** What was there before; nothing where the deployment had created the app. */
const revertOf = ({ views }: Engine, { id, app, previous }: DeploymentRow, deployment: string): AppCommand => {
  const before = previous && views.apps.get(app)?.versions.find(({ version }) => version === previous.version);
  return {
    type: 'RevertDeployment',
    reverts: id,
    deployment,
    ...(previous !== undefined && before !== undefined && { previous, definition: before.definition }),
  };
};
