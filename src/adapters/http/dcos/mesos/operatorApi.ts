import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { streamOf } from '../../../../domain/kernel/ids.ts';
import type { NodeCommand } from '../../../../domain/node/node.commands.ts';
import { NODE } from '../../../../domain/node/node.facts.ts';
import type { Engine } from '../../../../domain/ports/engine.ts';
import { ask } from '../../ask.ts';
import { notFound, Problem, wrong } from '../../problem.ts';
import type { Server, Surroundings } from '../../surroundings.ts';
import { leaderOf } from '../cluster.ts';
import { MESOS_MESSAGES } from './messages.ts';
import { READS, UNSUPPORTED } from './operatorCalls.ts';
import { decodeMessage, encodeMessage, MalformedMessage } from './protobuf.ts';
import { snapshotOf } from './snapshot.ts';
import { recordsIn, subscribe } from './subscribe.ts';
import { TENANCY_WRITES, tenancyCall } from './tenancyCalls.ts';

export const PROTOBUF = 'application/x-protobuf';

const ofAgent = z.object({ agent_id: z.object({ value: z.string() }) }).optional();
const call = z.object({ type: z.string(), deactivate_agent: ofAgent, reactivate_agent: ofAgent, mark_agent_gone: ofAgent, ...tenancyCall });
type Call = z.infer<typeof call>;

/** Mesos' operator API v1: one path, and the call in the body, as JSON or as a protocol buffer. */
export const serveOperatorApi = (server: Server, surroundings: Surroundings): void => {
  const { engine } = surroundings;
  server.addContentTypeParser(PROTOBUF, { parseAs: 'buffer' }, (_request, bytes, done) => {
    try {
      done(null, decodeMessage(MESOS_MESSAGES, 'Call', bytes as Buffer));
    } catch (error) {
      done(error instanceof MalformedMessage ? new Problem(400, { message: `No call can be read: ${error.message}.` }) : (error as Error));
    }
  });
  server.route({
    method: 'POST',
    url: '/mesos/api/v1',
    schema: {
      summary:
        "Mesos' operator API: the calls that read, SUBSCRIBE, those that take a node out of use and back, and those about weights, quotas and reservations.",
      tags: ['mesos'],
      body: call,
    },
    handler: async (request, reply) => {
      const { type } = request.body;
      const leader = leaderOf(request);
      const isBinary = (request.headers.accept ?? '').includes(PROTOBUF);
      if (type === 'SUBSCRIBE') return subscribe(surroundings, leader, reply, recordsIn(isBinary ? 'protobuf' : 'json'));
      const read = READS[type];
      if (read !== undefined) return say(reply, isBinary, { type, ...read(await snapshotOf(engine, leader), engine) });
      const write = TENANCY_WRITES[type];
      if (write !== undefined) {
        await write(engine, request, request.body);
        return reply.code(type.endsWith('RESERVE_RESOURCES') ? 202 : 200).send();
      }
      const command = commandOf(request.body);
      if (command !== undefined) return change(engine, request, command, reply);
      throw UNSUPPORTED.has(type)
        ? new Problem(501, { message: `The call ${type} is not supported.` })
        : new Problem(400, { message: `Expecting 'type' to be a call of the operator API; '${type}' is none.` });
    },
  });
};

const say = (reply: FastifyReply, isBinary: boolean, answer: Readonly<Record<string, unknown>>) =>
  isBinary ? reply.type(PROTOBUF).send(encodeMessage(MESOS_MESSAGES, 'Response', answer)) : answer;

type Change = { readonly node: string | undefined; readonly command: NodeCommand };

/** What the calls about one agent mean to a node. */
const commandOf = ({ type, deactivate_agent, reactivate_agent, mark_agent_gone }: Call): Change | undefined => {
  switch (type) {
    case 'DEACTIVATE_AGENT':
      return { node: deactivate_agent?.agent_id.value, command: { type: 'CordonNode', reason: 'deactivated by request' } };
    case 'REACTIVATE_AGENT':
      return { node: reactivate_agent?.agent_id.value, command: { type: 'UncordonNode' } };
    case 'MARK_AGENT_GONE':
      return { node: mark_agent_gone?.agent_id.value, command: { type: 'RemoveNode', reason: 'marked as gone by request' } };
    default:
      return undefined;
  }
};

const change = async (engine: Engine, request: FastifyRequest<{ Body: Call }>, { node, command }: Change, reply: FastifyReply) => {
  if (node === undefined) throw wrong(`/${request.body.type.toLowerCase()}/agent_id/value`, 'is needed');
  if (engine.views.nodes.get(node) === undefined) throw notFound(`Agent '${node}' does not exist`);
  await ask(engine, request as FastifyRequest, streamOf(NODE, node), command);
  return reply.send();
};
