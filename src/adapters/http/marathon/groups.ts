import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { diffsOf } from '../../../domain/group/difference.ts';
import { parentOf } from '../../../domain/group/tree.ts';
import { withoutGroup } from '../../../domain/group/update.ts';
import type { Engine } from '../../../domain/ports/engine.ts';
import { objectBody } from '../body.ts';
import { notFound, Problem, wrong } from '../problem.ts';
import { flag, minPosition, repeated } from '../queries.ts';
import type { Server, Surroundings } from '../surroundings.ts';
import { warn } from '../warnings.ts';
import { appList } from './appJson.ts';
import { isBelow } from './appPaths.ts';
import { sortedApps } from './apps.read.ts';
import { announce } from './changes.ts';
import { changeTree, foresee, refuseToEmpty, type TreeChange } from './groupChange.ts';
import { groupEmbeds, groupJson, groupJsonAt, groupVersions, isGroup } from './groupJson.ts';
import { type GroupPath, groupPath } from './groupPaths.ts';
import { changeIn, groupIn } from './groupUpdate.ts';
import { marathonSteps } from './plan.ts';
import { writing } from './written.ts';

const reads = z.object({ embed: repeated, minPosition });
const forced = z.object({ force: flag(false) });
const writes = forced.extend({
  dryRun: flag(false).describe('Answers the steps and the difference, and changes nothing.'),
  ...writing,
});

const groupNotFound = (id: string, version?: string): Problem =>
  notFound(`Group '${id}' does not exist${version === undefined ? '' : ` in version ${version}`}`);

/** Groups: read as a tree or at a version, written as a whole, each change one deployment with ordered steps. */
export const serveGroups = (server: Server, { engine }: Surroundings): void => {
  for (const url of ['/v2/groups', '/v2/groups/*'] as const) {
    const inner = url.endsWith('*');
    const pathOf = (request: FastifyRequest): GroupPath => groupPath(inner ? (request.params as { '*': string })['*'] : '');
    const hide = inner ? { hide: true } : {};
    server.route({
      method: 'GET',
      url,
      schema: {
        ...hide,
        summary: 'A group with all that stands in it; behind an id also `/apps`, `/versions`, `/versions/{version}`.',
        tags: ['groups'],
        querystring: reads,
      },
      handler: async (request) => read(engine, pathOf(request), request.query.embed),
    });
    server.route({
      method: 'POST',
      url,
      schema: { ...hide, summary: 'Creates a group with all that stands in it.', tags: ['groups'], querystring: writes, body: z.unknown() },
      handler: async (request, reply) =>
        create(engine, request, reply, groupIn(pathOf(request).id, objectBody(request.body)), request.query),
    });
    server.route({
      method: 'PUT',
      url,
      schema: {
        ...hide,
        summary: 'Replaces what stands in a group, scales it (`scaleBy`) or goes back to a `version`. What is not listed is removed.',
        tags: ['groups'],
        querystring: writes,
        body: z.unknown(),
      },
      handler: async (request, reply) => put(engine, request, reply, groupIn(pathOf(request).id, objectBody(request.body)), request.query),
    });
    server.route({
      method: 'DELETE',
      url,
      schema: { ...hide, summary: 'Removes a group with all that stands in it.', tags: ['groups'], querystring: forced },
      handler: async (request, reply) => {
        const { id: group } = pathOf(request);
        if (!isGroup(engine, group)) throw groupNotFound(group);
        const { force } = request.query;
        const make: TreeChange['make'] = (tree) => {
          const after = withoutGroup(group, tree);
          refuseToEmpty(group === '/' ? tree : { ...tree, members: new Map() }, after, force);
          return after;
        };
        return announce(reply, await changeTree(engine, request, { group, force, make }));
      },
    });
  }
  server.route({
    method: 'PATCH',
    url: '/v2/groups/*',
    schema: {
      summary: 'Turns the role of a top-level group on or off (`enforceRole`).',
      tags: ['groups'],
      querystring: forced,
      body: z.unknown(),
    },
    handler: async (request, reply) => {
      const { id } = groupPath((request.params as { '*': string })['*']);
      const { enforceRole, ...others } = objectBody(request.body);
      if (typeof enforceRole !== 'boolean') throw wrong('/enforceRole', 'error.expected.jsboolean');
      if (Object.keys(others).some((name) => name !== 'id')) throw wrong('/', 'only enforceRole can be patched');
      if (!isGroup(engine, id)) throw groupNotFound(id);
      if (parentOf(id) !== '/') throw wrong('/enforceRole', 'is only possible for top-level groups');
      const make: TreeChange['make'] = ({ groups, members }) => ({
        members,
        groups: new Map([...groups, [id, { id, dependencies: groups.get(id)?.dependencies ?? [], enforceRole }]]),
      });
      return announce(reply, await changeTree(engine, request, { group: id, force: request.query.force, make }));
    },
  });
};

const read = (engine: Engine, { id, suffix, leaf }: GroupPath, embed: readonly string[]) => {
  if (!isGroup(engine, id) && suffix !== 'version') throw groupNotFound(id);
  if (suffix === 'versions') return groupVersions(engine, id);
  if (suffix === 'apps') {
    const { ofApps } = groupEmbeds(embed);
    const rows = sortedApps(engine).filter((row) => isBelow(row.id, id));
    return appList(engine, rows, ofApps);
  }
  if (suffix !== 'version') return groupJson(engine, id, groupEmbeds(embed));
  if (!groupVersions(engine, id).includes(leaf)) throw groupNotFound(id, leaf);
  return groupJsonAt(engine, id, leaf);
};

type Writing = z.infer<typeof writes>;

const create = async (engine: Engine, request: FastifyRequest, reply: FastifyReply, group: string, query: Writing) => {
  if (engine.views.apps.get(group) !== undefined) throw new Problem(409, { message: `An app with the path ${group} already exists.` });
  if (isGroup(engine, group)) throw new Problem(409, { message: `Group ${group} is already created. Use PUT to change this group.` });
  return write(engine, request, reply, group, query);
};

const put = (engine: Engine, request: FastifyRequest, reply: FastifyReply, group: string, query: Writing) =>
  write(engine, request, reply, group, query);

const write = async (engine: Engine, request: FastifyRequest, reply: FastifyReply, group: string, query: Writing) => {
  const { force, dryRun, strict, restart } = query;
  const isNew = !isGroup(engine, group);
  const asked = changeIn(engine, group, objectBody(request.body), strict, (warning) => warn(request, [warning]));
  const change: TreeChange = {
    ...asked,
    group,
    force,
    restart,
    make: (tree) => {
      const after = asked.make(tree);
      if (!dryRun) refuseToEmpty(tree, after, force);
      return after;
    },
  };
  if (dryRun) {
    const { steps, moves, put, removed } = await foresee(engine, change);
    return { steps: marathonSteps(steps), diff: diffsOf(moves), groups: { set: put.map(({ id }) => id), removed } };
  }
  const result = announce(reply, await changeTree(engine, request, change));
  if (isNew) reply.code(201).header('location', `/v2/groups${group}`);
  return result;
};
