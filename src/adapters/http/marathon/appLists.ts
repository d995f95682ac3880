import type { FastifyReply, FastifyRequest } from 'fastify';
import { either as E } from 'fp-ts';
import { z } from 'zod';
import { parseApp } from '../../../domain/app/definition/parse.ts';
import type { Tree } from '../../../domain/group/update.ts';
import type { Engine } from '../../../domain/ports/engine.ts';
import { arrayBody, objectBody } from '../body.ts';
import { invalid, wrong } from '../problem.ts';
import { flag, minPosition, repeated } from '../queries.ts';
import type { Server, Surroundings } from '../surroundings.ts';
import { warn } from '../warnings.ts';
import { appJson, appList, embeds } from './appJson.ts';
import { sortedApps } from './apps.read.ts';
import { announce, appOf, type Change, changeFrom, type DeploymentResult, deploy, type Update } from './changes.ts';
import { changeTree } from './groupChange.ts';
import { labelSelector } from './labelSelector.ts';
import { writing, writtenApp } from './written.ts';

const contains = (text: string, part: string | undefined): boolean => part === undefined || text.toLowerCase().includes(part.toLowerCase());

/** `/v2/apps` itself: the list, a new app, and changes of many at once. */
export const serveAppLists = (server: Server, { engine }: Surroundings): void => {
  server.route({
    method: 'GET',
    url: '/v2/apps',
    schema: {
      summary: 'All apps, filtered by parts of their command, id and labels.',
      tags: ['apps'],
      querystring: z.object({
        cmd: z.string().optional(),
        id: z.string().optional(),
        label: z.string().optional(),
        embed: repeated,
        minPosition,
      }),
    },
    handler: async ({ query: { cmd, id, label, embed } }) => {
      const matches = labelSelector(label ?? '');
      const wanted = embeds(embed, ['counts', 'deployments']);
      const rows = sortedApps(engine).filter(
        (row) => contains(row.id, id) && contains(row.definition.cmd ?? '', cmd) && matches(row.definition.labels),
      );
      return { apps: appList(engine, rows, wanted) };
    },
  });

  server.route({
    method: 'POST',
    url: '/v2/apps',
    schema: {
      summary: 'Creates an app.',
      tags: ['apps'],
      querystring: z.object({ force: flag(false), strict: writing.strict }),
      body: z.unknown(),
    },
    handler: async (request, reply) => {
      const { force, strict } = request.query;
      const written = writtenApp(engine, objectBody(request.body), { strict });
      const { id } = written.definition;
      const change: Change = { ...written, reason: 'create', mode: 'create' };
      announce(reply, await deploy(engine, request, id, force, () => change));
      reply.code(201).header('location', `/v2/apps${id}`);
      return appJson(engine, appOf(engine, id), embeds([], ['counts', 'tasks', 'deployments']));
    },
  });

  const many = (method: 'PUT' | 'PATCH', summary: string) =>
    server.route({
      method,
      url: '/v2/apps',
      schema: {
        summary,
        tags: ['apps'],
        querystring: z.object({ force: flag(false), partialUpdate: flag(true), ...writing }),
        body: z.unknown(),
      },
      handler: async (request, reply) => {
        const { force, partialUpdate, strict, restart } = request.query;
        const partial = method === 'PATCH' || partialUpdate;
        const update: Update = { partial, upsert: method === 'PUT', strict, restart };
        return changeMany(engine, request, reply, force, update);
      },
    });
  many('PUT', 'Changes or creates many apps, in one deployment; nothing happens when any of them is invalid or locked.');
  many('PATCH', 'Changes some fields of many apps; all must be there.');
};

/** All changes are one deployment, in the order of their dependencies; nothing happens when any of them is not possible. */
const changeMany = async (
  engine: Engine,
  request: FastifyRequest,
  reply: FastifyReply,
  force: boolean,
  update: Update,
): Promise<DeploymentResult> => {
  const changes = arrayBody(request.body).map((body) => ({ body, id: idIn(body) }));
  const twice = changes.findIndex(({ id }, index) => changes.findIndex((other) => other.id === id) < index);
  if (twice !== -1) throw wrong(`(${twice})/id`, `${changes[twice]?.id} is there twice`);
  const make = (tree: Tree): Tree => {
    const made = changes.map(({ id, body }) => changeFrom(engine, id, body, update)(engine.views.apps.get(id)));
    for (const { warnings = [] } of made) warn(request, warnings);
    return {
      groups: tree.groups,
      members: new Map([...tree.members, ...made.map(({ definition }) => [definition.id, definition] as const)]),
    };
  };
  const { restart } = update;
  const manner = restart === 'marathon' ? { restart } : {};
  return announce(reply, await changeTree(engine, request, { group: '/', force, make, ...manner }));
};

/** The absolute id in a body. @throws Problem for a body without one. */
const idIn = (body: unknown): string => {
  const parsed = parseApp({ id: (body as { id?: unknown } | null)?.id, cmd: 'true' });
  if (E.isLeft(parsed)) throw invalid(parsed.left);
  return parsed.right.id;
};
