import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { keyOf, nounOf, streamOf } from '../../../domain/kernel/ids.ts';
import type { NodeCommand } from '../../../domain/node/node.commands.ts';
import { NODE } from '../../../domain/node/node.facts.ts';
import { type RebalancePlan, USUAL_MOVES } from '../../../domain/placement/rebalance/ask.ts';
import { rebalance } from '../../../domain/placement/rebalance/rebalance.ts';
import { sceneOf } from '../../../domain/placement/rebalance/scene.ts';
import type { Engine } from '../../../domain/ports/engine.ts';
import { progressOf, type RebalanceProgress } from '../../../domain/rebalance/progress.ts';
import type { RebalanceCommand } from '../../../domain/rebalance/rebalance.commands.ts';
import { GOALS, MOVES_MAX, REBALANCE, type RebalanceFact } from '../../../domain/rebalance/rebalance.facts.ts';
import { ask } from '../ask.ts';
import { notFound, Problem, wrong } from '../problem.ts';
import { minPosition } from '../queries.ts';
import type { Server, Surroundings } from '../surroundings.ts';

const tags = ['nodes'];
const params = z.object({ id: z.string() });
const body = z
  .strictObject({
    goal: z.enum(GOALS).default('spread'),
    nodes: z.array(z.string().min(1)).default([]).describe('Which nodes are to be empty, with the goal `empty`.'),
    maxMoves: z.int().min(1).max(MOVES_MAX).default(USUAL_MOVES),
    seed: z.int().min(0).default(1).describe('The same pool and the same seed give the same plan.'),
    apply: z.boolean().default(false).describe('Absent or false: only the plan is answered, and nothing is written.'),
  })
  .default({ goal: 'spread', nodes: [], maxMoves: USUAL_MOVES, seed: 1, apply: false });

/** Moves of instances that make the pool better: what they cost and gain, and how far they are. */
export const serveRebalance = (server: Server, { engine }: Surroundings): void => {
  server.route({
    method: 'POST',
    url: '/v1/rebalance',
    schema: { summary: 'Plans which instances to move so that nodes are even, free or empty; does it with `apply`.', tags, body },
    handler: async (request, reply) => {
      const { apply, ...asked } = request.body;
      const nodes = [...new Set(asked.nodes)];
      if ((asked.goal === 'empty') !== nodes.length > 0)
        throw wrong('/nodes', asked.goal === 'empty' ? 'must name at least one node' : "is for the goal 'empty' only");
      const unknown = nodes.findIndex((id) => engine.views.nodes.get(id) === undefined);
      if (unknown !== -1) throw wrong(`/nodes/${unknown}`, `there is no node '${nodes[unknown]}'`);
      if (apply) refuseWhileMoving(engine);
      const plan = rebalance(sceneOf(engine.views), { ...asked, nodes });
      if (!apply || plan.moves.length === 0) return plan;
      for (const node of nodes) await cordon(engine, request, node);
      const id = engine.ids.next();
      await ask(engine, request, streamOf(REBALANCE, id), beginOf(plan));
      reply.code(201).header('location', `/v1/rebalance/${id}`);
      return { id, ...plan };
    },
  });
  server.route({
    method: 'GET',
    url: '/v1/rebalance/:id',
    schema: { summary: 'How far a rebalance is, move by move.', tags, params, querystring: z.object({ minPosition }) },
    handler: async ({ params: { id } }) => progressOfId(engine, id),
  });
  server.route({
    method: 'DELETE',
    url: '/v1/rebalance/:id',
    schema: { summary: 'Begins no more moves of it; those under way end.', tags, params },
    handler: async (request) => {
      const { id } = request.params;
      await progressOfId(engine, id);
      const command: RebalanceCommand = { type: 'AbortRebalance', reason: 'aborted by request' };
      await ask(engine, request, streamOf(REBALANCE, id), command);
      return progressOfId(engine, id);
    },
  });
};

const beginOf = ({ goal, nodes, moves, cost, before, after }: RebalancePlan): RebalanceCommand => ({
  type: 'BeginRebalance',
  goal,
  nodes: [...nodes],
  moves: [...moves],
  cost,
  before: before.score,
  after: after.score,
});

/** Two plans would each spoil what the other one counts with. @throws Problem 409 */
const refuseWhileMoving = ({ views }: Engine): void => {
  for (const { stream, owes } of views.roster.all())
    if (owes !== '' && nounOf(stream as never) === REBALANCE)
      throw new Problem(409, { message: `Rebalance '${keyOf(stream as never)}' is under way: wait for its end, or abort it.` });
};

/** What is to be empty takes nothing new, or placement would fill it again. */
const cordon = async (engine: Engine, request: FastifyRequest, node: string): Promise<void> => {
  if (engine.views.nodes.get(node)?.state !== 'attached.answering.ready') return;
  const command: NodeCommand = { type: 'CordonNode', reason: 'to be emptied' };
  await ask(engine, request, streamOf(NODE, node), command);
};

/** @throws Problem 404 */
const progressOfId = async (engine: Engine, id: string): Promise<RebalanceProgress & { readonly id: string }> => {
  const facts = (await engine.log.readStream(streamOf(REBALANCE, id))).map((stored) => engine.decode(stored).fact as RebalanceFact);
  const progress = progressOf(facts);
  if (progress === undefined) throw notFound(`Rebalance '${id}' does not exist`);
  return { id, ...progress };
};
