import { z } from 'zod';
import { isoInstant } from '../../../domain/kernel/units.ts';
import type { Answers } from '../../../domain/ports/answers.ts';
import { notFound } from '../problem.ts';
import { count, minPosition } from '../queries.ts';
import type { Server, Surroundings } from '../surroundings.ts';
import { instantAsked, spanAsked } from './moments.ts';
import { withInstants } from './withInstants.ts';

/** Instances or deployments of one app that one answer tells one by one. */
export const MAX_TOLD = 1_000;

/** How long things stood in which state. */
export const serveTimeline = (server: Server, answers: Answers, { engine }: Surroundings): void => {
  server.route({
    method: 'GET',
    url: '/v1/history/timeline',
    schema: {
      summary:
        'How long an app’s instances stood in which state, the phases of its last deployments, and steps never taken before; of all apps where none is named; of anything else its stays.',
      tags: ['history'],
      querystring: z.object({
        subject: z.string().min(1).optional(),
        from: z.string().optional().describe('Stays that ended from this moment on: an instant, a position or an age.'),
        to: z.string().optional().describe('The last moment that counts.'),
        instances: count(MAX_TOLD).default(20).describe('Newest instances that are told one by one.'),
        deployments: count(MAX_TOLD).default(10).describe('Newest deployments that are told one by one.'),
        minPosition,
      }),
    },
    handler: async ({ query: { subject: name, from, to, instances, deployments } }) => {
      const { past, stories, timelines } = answers;
      const span = spanAsked(past, { ...(from !== undefined && { from }), ...(to !== undefined && { to }) }, engine);
      const at = to === undefined ? engine.clock.now() : instantAsked(past, 'to', to, engine);
      const query = { ...span, at, instances, deployments };
      const asked = { after: span.after, upTo: span.upTo, at };
      if (name === undefined) {
        const all = timelines.apps(span.upTo).map((app) => timelines.ofApp(app, { ...query, instances: 0 }));
        return withInstants({ ...asked, apps: all }, isoInstant);
      }
      const subject = stories.find(name);
      if (subject === undefined) throw notFound(`Nothing is recorded of '${name}'`);
      if (subject.kind === 'app') return withInstants({ ...asked, apps: [timelines.ofApp(subject.app, query)] }, isoInstant);
      if (subject.kind === 'group') {
        const below = timelines.apps(span.upTo).filter((app) => subject.group === '/' || app.startsWith(`${subject.group}/`));
        return withInstants({ ...asked, apps: below.map((app) => timelines.ofApp(app, { ...query, instances: 0 })) }, isoInstant);
      }
      return withInstants({ ...asked, subject: subject.stream, visits: timelines.ofStream(subject.stream, asked) }, isoInstant);
    },
  });
};
