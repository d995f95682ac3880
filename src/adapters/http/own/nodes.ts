import { either as E } from 'fp-ts';
import { z } from 'zod';
import { holdsResources } from '../../../domain/instance/instance.states.ts';
import { streamOf } from '../../../domain/kernel/ids.ts';
import { type Refusal, refusal } from '../../../domain/kernel/refusal.ts';
import { same } from '../../../domain/kernel/same.ts';
import { isoInstant } from '../../../domain/kernel/units.ts';
import type { NodeCommand } from '../../../domain/node/node.commands.ts';
import { NODE, nodeOffer, type RuntimeEndpoint, runtimeEndpoint } from '../../../domain/node/node.facts.ts';
import { isPlain, lentOf, OVERSUBSCRIBE_MAX, oversubscription, plain } from '../../../domain/node/oversubscription.facts.ts';
import type { Engine } from '../../../domain/ports/engine.ts';
import type { HostFault, HostOffer } from '../../../domain/ports/hosts.ts';
import type { Holding, NodeRow } from '../../../domain/ports/views.ts';
import { roleAmounts } from '../../../domain/role/role.facts.ts';
import { ask, rootOf } from '../ask.ts';
import { notFound, Problem, refused } from '../problem.ts';
import { minPosition } from '../queries.ts';
import type { Server, Surroundings } from '../surroundings.ts';
import { changeReservations, checkRole } from '../tenancy.ts';

/** Longest time that a host may take to say what it offers, ms. */
export const PROBE_TIMEOUT_MS = 20_000;
/** Mesos' default `ports` resource. */
export const DEFAULT_PORT_RANGES: readonly [number, number][] = [[31_000, 32_000]];

const portRange = z
  .tuple([z.int().min(1).max(65_535), z.int().min(1).max(65_535)])
  .refine(([from, to]) => from <= to, 'the first port of a range must not be behind its last');

const nodeId = z
  .string()
  .regex(/^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,126}[A-Za-z0-9])?$/, 'must be letters, digits, dots, dashes and underscores, at most 128');

const registration = z.object({
  id: nodeId,
  endpoint: runtimeEndpoint,
  attributes: z.record(z.string(), z.string()).default({}),
  roles: z.array(z.string().min(1)).min(1).default(['*']),
  reserved: z.record(z.string(), roleAmounts).optional().describe('What is kept for the apps of a role, by role; part of what is offered.'),
  region: z.string().optional(),
  zone: z.string().optional(),
  portRanges: z.array(portRange).optional(),
  oversubscribe: oversubscription
    .optional()
    .describe(`How many times over the node lends its cpus and memory, 1 to ${OVERSUBSCRIBE_MAX} each; once where absent.`),
  offer: nodeOffer.optional().describe('What the host offers; it is asked where this is absent.'),
});

const params = z.object({ id: z.string() });
const reason = z.object({ reason: z.string().optional() }).nullish();
const tags = ['nodes'];

/** The pool of hosts. */
export const serveNodes = (server: Server, { engine }: Surroundings): void => {
  const nodeOf = (id: string): NodeRow => {
    const row = engine.views.nodes.get(id);
    if (row === undefined) throw notFound(`Node '${id}' does not exist`);
    return row;
  };

  server.route({
    method: 'GET',
    url: '/v1/nodes',
    schema: { summary: 'The nodes in the pool with what is used of them.', tags, querystring: z.object({ minPosition }) },
    handler: async () => {
      const holdings = engine.views.instances.holdings();
      return { nodes: [...engine.views.nodes.all()].map((row) => heldJson(engine, row, holdings.get(row.id) ?? [])) };
    },
  });

  server.route({
    method: 'GET',
    url: '/v1/nodes/:id',
    schema: { summary: 'One node.', tags, params, querystring: z.object({ minPosition }) },
    handler: async ({ params: { id } }) => ({ node: nodeJson(engine, nodeOf(id)) }),
  });

  server.route({
    method: 'POST',
    url: '/v1/nodes',
    schema: { summary: 'Adds a host to the pool after asking it what it offers.', tags, body: registration },
    handler: async (request, reply) => {
      const { id, offer, portRanges, region, zone, reserved, oversubscribe = {}, ...data } = request.body;
      for (const role of Object.keys(reserved ?? {})) checkRole(role, `/reserved/${role}`);
      const taken = takenBy(engine, id, data.endpoint);
      if (taken !== undefined) {
        await engine.recordRefusal(streamOf(NODE, id), 'RegisterNode', rootOf(engine, request), taken);
        throw refused(taken);
      }
      const told = offer ?? (await probe(engine, data.endpoint));
      const { enforces: _, warnings = [], ...amounts } = { enforces: undefined, warnings: [] as readonly string[], ...told };
      const command: NodeCommand = {
        type: 'RegisterNode',
        ...data,
        offer: { ...amounts, portRanges: portRanges ?? offer?.portRanges ?? DEFAULT_PORT_RANGES },
        ...(reserved !== undefined && Object.keys(reserved).length > 0 && { reserved }),
        ...(region !== undefined && { region }),
        ...(zone !== undefined && { zone }),
        ...(!isPlain(oversubscribe) && { oversubscribe: plain(oversubscribe) }),
        warnings: [...warnings],
      };
      await ask(engine, request, streamOf(NODE, id), command);
      reply.code(201).header('location', `/v1/nodes/${encodeURIComponent(id)}`);
      return { node: nodeJson(engine, nodeOf(id)) };
    },
  });

  for (const [method, sign, summary] of [
    ['POST', 1, 'Keeps so much more of a node for the apps of a role; what is in use by others can’t be kept.'],
    ['DELETE', -1, 'Gives up so much of what a node keeps for a role by request; what is in use stays.'],
  ] as const)
    server.route({
      method,
      url: '/v1/nodes/:id/reservations',
      schema: { summary, tags, params, body: z.strictObject({ role: z.string(), amounts: roleAmounts }) },
      handler: async (request) => {
        const { role, amounts } = request.body;
        await changeReservations(engine, request, request.params.id, { [role]: amounts }, sign);
        return { node: nodeJson(engine, nodeOf(request.params.id)) };
      },
    });

  const change = (method: 'POST' | 'DELETE', url: string, summary: string, command: (why: string | undefined) => NodeCommand) =>
    server.route({
      method,
      url,
      schema: { summary, tags, params, body: reason },
      handler: async (request) => {
        const { id } = request.params;
        const before = nodeOf(id);
        await ask(engine, request, streamOf(NODE, id), command(request.body?.reason));
        return { node: nodeJson(engine, engine.views.nodes.get(id) ?? { ...before, state: 'removed' }) };
      },
    });
  change('DELETE', '/v1/nodes/:id', 'Removes a node; what runs there is lost to us and replaced elsewhere.', (why) => ({
    type: 'RemoveNode',
    reason: why ?? 'removed by request',
  }));
  change('POST', '/v1/nodes/:id/cordon', 'Keeps what runs there, places nothing new.', (why) => ({
    type: 'CordonNode',
    reason: why ?? 'cordoned by request',
  }));
  change('POST', '/v1/nodes/:id/uncordon', 'Takes new instances again.', () => ({ type: 'UncordonNode' }));

  server.route({
    method: 'PUT',
    url: '/v1/nodes/:id/oversubscribe',
    schema: {
      summary: 'How many times over the node lends its cpus and memory from now on; once what is not named. Nothing that runs is stopped.',
      tags,
      params,
      body: oversubscription,
    },
    handler: async (request) => {
      const { id } = request.params;
      nodeOf(id);
      const command: NodeCommand = { type: 'OversubscribeNode', oversubscribe: request.body };
      await ask(engine, request, streamOf(NODE, id), command);
      return { node: nodeJson(engine, nodeOf(id)) };
    },
  });
};

/** One host is one node: what it runs and has would count twice. Simulated hosts are told apart by their node's name. */
const takenBy = ({ views }: Engine, id: string, endpoint: RuntimeEndpoint): Refusal | undefined => {
  if (views.nodes.get(id) !== undefined) return refusal('already-exists', `A node with id [${id}] already exists.`);
  const twin = [...views.nodes.all()].find((row) => row.endpoint.kind !== 'simulated' && same(row.endpoint, endpoint));
  return twin && refusal('already-exists', `That host is in the pool already, as node [${twin.id}].`);
};

/** @throws Problem 502 for a host that does not answer in time, 422 for one that cannot be used. */
const probe = async (engine: Engine, endpoint: RuntimeEndpoint): Promise<HostOffer> => {
  const late: E.Either<HostFault, HostOffer> = E.left({ _tag: 'HostUnreachable', message: `no answer within ${PROBE_TIMEOUT_MS} ms` });
  let cancel = (): void => {};
  const timeout = new Promise<typeof late>((resolve) => {
    cancel = engine.clock.schedule(PROBE_TIMEOUT_MS, () => resolve(late));
  });
  const answer = await Promise.race([engine.probeOffer(endpoint)(), timeout]).finally(() => cancel());
  if (E.isRight(answer)) return answer.right;
  const { _tag, message } = answer.left;
  throw new Problem(_tag === 'HostUnreachable' || _tag === 'Transient' ? 502 : 422, {
    message: `The host cannot be added: ${_tag}: ${message}`,
    fault: _tag,
  });
};

/** What the host offers, what instances hold of it, and what is left. */
export const nodeJson = (engine: Engine, row: NodeRow) =>
  heldJson(
    engine,
    row,
    engine.views.instances
      .onNode(row.id)
      .filter(({ state }) => holdsResources(state))
      .map(({ app, version, hostPorts }) => ({ app, version, instances: 1, ports: hostPorts })),
  );

const heldJson = ({ views }: Engine, row: NodeRow, holdings: readonly Holding[]) => {
  const { since, offer, ...rest } = row;
  const used = { cpus: 0, mem: 0, disk: 0, gpus: 0 };
  let held = 0;
  for (const { app, version, instances } of holdings) {
    const definition = views.apps.definition(app, version);
    held += instances;
    for (const kind of KINDS) used[kind] += instances * (definition?.[kind] ?? 0);
  }
  const { cpus, mem, disk, gpus } = lentOf(offer, row.oversubscribe);
  const total = { cpus, mem, disk, gpus };
  return {
    ...rest,
    hostname: offer.hostname,
    address: offer.address,
    portRanges: offer.portRanges,
    since: isoInstant(since),
    instances: held,
    resources: {
      total,
      // What it really has, where it lends more.
      ...(row.oversubscribe !== undefined && { offered: { cpus: offer.cpus, mem: offer.mem, disk, gpus } }),
      used: { ...used, ports: holdings.flatMap(({ ports }) => ports).sort((a, b) => a - b) },
      free: Object.fromEntries(KINDS.map((kind) => [kind, total[kind] - used[kind]])),
    },
  };
};

const KINDS = ['cpus', 'mem', 'disk', 'gpus'] as const;
