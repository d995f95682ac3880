import { z } from 'zod';
import { SERVICE_PORTS } from '../../../domain/app/definition/servicePorts.ts';
import { MAX_BODY_BYTES } from '../body.ts';
import type { Server, Surroundings } from '../surroundings.ts';
import { leaderOf } from './headers.ts';

/** Clients compare it to know what they may use: the last of Marathon's releases, whose API this is. */
export const MARATHON_VERSION = '1.11.24';

/** Who answers here, and whether it lives. */
export const serveCluster = (server: Server, { engine, version }: Surroundings): void => {
  server.get('/', { schema: { hide: true } }, async (_request, reply) => reply.redirect('/ui/'));

  server.get('/ping', { schema: { summary: 'Whether the engine answers.', tags: ['cluster'] } }, async (request, reply) => {
    const accept = request.headers.accept ?? '*/*';
    if (/text\/plain|text\/\*|\*\/\*/.test(accept)) return reply.type('text/plain; charset=utf-8').send('pong');
    if (accept.includes('application/json') || accept.includes('application/*')) return reply.type('application/json').send('"pong"');
    return reply.code(204).send();
  });

  server.get('/v2/leader', { schema: { summary: 'Who leads.', tags: ['cluster'] } }, async (request) => ({ leader: leaderOf(request) }));

  server.get(
    '/v2/info',
    { schema: { summary: 'What this is and how it is set up.', tags: ['cluster'], querystring: z.object({}) } },
    async (request) => ({
      name: 'marathon',
      version: MARATHON_VERSION,
      buildref: `wharfinger-${version}`,
      elected: true,
      leader: leaderOf(request),
      frameworkId: null,
      marathon_config: {
        checkpoint: true,
        features: ['task_killing'],
        framework_name: 'marathon',
        ha: false,
        hostname: leaderOf(request).replace(/:\d+$/, ''),
        local_port_min: SERVICE_PORTS.from,
        local_port_max: SERVICE_PORTS.to,
        mesos_role: '*',
        new_group_enforce_role: 'off',
        maintenance_mode: false,
      },
      zookeeper_config: {},
      http_config: { http_port: Number(/:(\d+)$/.exec(leaderOf(request))?.[1] ?? 80), https_port: null },
      wharfinger: { version, term: engine.term, startedAt: engine.startedAt, maxBodyBytes: MAX_BODY_BYTES },
    }),
  );
};
