import { z } from 'zod';
import { leaderOf } from '../leadership.ts';
import { notFound, Problem, wrong } from '../problem.ts';
import type { Server, Surroundings } from '../surroundings.ts';

/** Between the answer and the end of the leadership, so that the answer arrives; Marathon's. */
export const ABDICATION_DELAY_MS = 500;

/**
 * Who leads, and its abdication. Where there is one engine, it succeeds itself: it stops in order and starts again from its log with the
 * next term. What runs goes on running.
 */
export const serveLeader = (server: Server, { engine, abdicate }: Surroundings): void => {
  server.get('/v2/leader', { schema: { summary: 'Who leads.', tags: ['cluster'] } }, async (request) => {
    const leader = leaderOf(request);
    if (leader === undefined) throw notFound('There is no leader');
    return { leader };
  });

  server.route({
    method: 'DELETE',
    url: '/v2/leader',
    schema: {
      summary: 'Abdicates: the engine stops in order and starts again with the next term.',
      tags: ['cluster'],
      querystring: z.object({ backup: z.string().optional(), restore: z.string().optional() }),
    },
    handler: async ({ query: { backup, restore } }) => {
      if (backup !== undefined) throw wrong('/backup', 'is not possible here: copy log.sqlite and keys.sqlite, while it runs or not');
      if (restore !== undefined) throw wrong('/restore', 'is not possible here: start an engine on a copy of log.sqlite and keys.sqlite');
      if (abdicate === undefined) throw new Problem(501, { message: 'Nobody is there to start this engine again.' });
      engine.clock.schedule(ABDICATION_DELAY_MS, abdicate);
      return { message: 'Leadership abdicated' };
    },
  });
};
