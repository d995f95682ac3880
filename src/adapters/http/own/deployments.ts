import { z } from 'zod';
import type { DeploymentCommand } from '../../../domain/deployment/deployment.commands.ts';
import { DEPLOYMENT } from '../../../domain/deployment/deployment.facts.ts';
import { streamOf } from '../../../domain/kernel/ids.ts';
import { isoInstant } from '../../../domain/kernel/units.ts';
import type { Engine } from '../../../domain/ports/engine.ts';
import type { DeploymentRow } from '../../../domain/ports/views.ts';
import { ask } from '../ask.ts';
import { runningDeployments } from '../marathon/deploymentRows.ts';
import { notFound } from '../problem.ts';
import { minPosition } from '../queries.ts';
import type { Server, Surroundings } from '../surroundings.ts';

const tags = ['deployments'];
const params = z.object({ id: z.string() });
const because = z.strictObject({ reason: z.string().min(1).max(1000).optional() }).nullish();
const approval = z.strictObject({ comment: z.string().min(1).max(1000).optional() }).nullish();
const choice = z.strictObject({ winner: z.enum(['new', 'old']), reason: z.string().min(1).max(1000).optional() });

/** Deployments as their strategies see them, and what somebody may say to one that runs. */
export const serveOwnDeployments = (server: Server, { engine }: Surroundings): void => {
  server.route({
    method: 'GET',
    url: '/v1/deployments',
    schema: { summary: 'Running deployments with the states of their strategies.', tags, querystring: z.object({ minPosition }) },
    handler: async () => (await runningDeployments(engine)).map((row) => deploymentOf(engine, row)),
  });
  server.route({
    method: 'GET',
    url: '/v1/deployments/:id',
    schema: { summary: 'One deployment, also a late one that has ended.', tags, params, querystring: z.object({ minPosition }) },
    handler: async ({ params: { id } }) => deploymentOf(engine, rowOf(engine, id)),
  });

  const say = <Body extends z.ZodType>(
    verb: string,
    summary: string,
    body: Body,
    commandOf: (said: z.output<Body>) => DeploymentCommand,
  ): void => {
    server.route({
      method: 'POST',
      url: `/v1/deployments/:id/${verb}`,
      schema: { summary, tags, params, body },
      handler: async (request) => {
        const { id } = request.params as { id: string };
        rowOf(engine, id);
        await ask(engine, request, streamOf(DEPLOYMENT, id), commandOf(request.body as z.output<Body>));
        return deploymentOf(engine, rowOf(engine, id));
      },
    });
  };
  const asked = 'asked for';
  say('pause', 'Goes no further, and keeps what is there; its timers keep what is left of them.', because, (said) => ({
    type: 'PauseDeployment',
    reason: said?.reason ?? asked,
  }));
  say('resume', 'Goes on after a pause.', z.strictObject({}).nullish(), () => ({ type: 'ResumeDeployment' }));
  say('approve', 'Lets it go on where it waits for somebody to say so.', approval, (said) => ({
    type: 'ApproveDeployment',
    ...(said?.comment !== undefined && { comment: said.comment }),
  }));
  say('abort', 'Goes back to what was there before; nobody who must serve goes before another one is ready.', because, (said) => ({
    type: 'AbortDeployment',
    reason: said?.reason ?? asked,
  }));
  say('winner', 'Of two versions that are tried beside each other, chooses the one that stays.', choice, ({ winner, reason = asked }) => ({
    type: 'ChooseWinner',
    winner,
    reason,
  }));
};

const rowOf = ({ views }: Engine, id: string): DeploymentRow => {
  const row = views.deployments.get(id);
  if (row === undefined) throw notFound(`There is no deployment '${id}'.`);
  return row;
};

/** What it waits for of people follows from the state alone, and is told with it. */
const deploymentOf = (engine: Engine, row: DeploymentRow) => {
  const { id, app, strategy, state, from, to, tallies, weights, paused, reason, policy, partOf, startedAt, endedAt, outcome } = row;
  const asks = engine.owedBy(streamOf(DEPLOYMENT, id)).find(({ type }) => type === 'approval')?.params.question;
  return {
    id,
    app,
    strategy,
    // The frame's own word for all states in which a strategy is at work says nothing.
    state: state.replace(/^active\./, ''),
    from,
    ...(to !== undefined && { to }),
    tallies,
    ...(weights !== undefined && { weights }),
    ...(paused !== undefined && { paused: { reason: paused.reason, since: isoInstant(paused.since) } }),
    ...(asks !== undefined && { waitsFor: asks }),
    ...(reason !== undefined && { reason }),
    ...(policy !== undefined && { policy }),
    ...(partOf !== undefined && { partOf }),
    startedAt: isoInstant(startedAt),
    ...(endedAt !== undefined && { endedAt: isoInstant(endedAt) }),
    ...(outcome !== undefined && { outcome }),
  };
};
