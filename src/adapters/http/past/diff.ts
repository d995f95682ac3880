import { z } from 'zod';
import { absolutePathId } from '../../../domain/app/definition/pathId.ts';
import { isoInstant } from '../../../domain/kernel/units.ts';
import type { Answers } from '../../../domain/ports/answers.ts';
import type { DifferenceKind } from '../../../domain/ports/difference.ts';
import { minPosition, repeated } from '../queries.ts';
import type { Server, Surroundings } from '../surroundings.ts';
import { positionAsked, wrongMoment } from './moments.ts';
import { withInstants } from './withInstants.ts';

const KINDS: Readonly<Record<string, DifferenceKind>> = {
  app: 'apps',
  group: 'groups',
  node: 'nodes',
  instance: 'instances',
  deployment: 'deployments',
  plan: 'plans',
  strategy: 'strategies',
};

/** What changed between two moments, by noun, with who. */
export const serveDiff = (server: Server, answers: Answers, { engine }: Surroundings): void => {
  server.route({
    method: 'GET',
    url: '/v1/history/diff',
    schema: {
      summary: 'What changed between two moments, by noun, each with the fact, the principal and the request.',
      tags: ['history'],
      querystring: z.object({
        from: z.string().describe('The earlier moment: an instant, a position or an age.'),
        to: z.string().optional().describe('The later one; now where absent.'),
        app: z.string().optional().describe('Only this app.'),
        group: z.string().optional().describe('Only this group and all below it.'),
        noun: repeated.describe(`Only these: ${Object.keys(KINDS).join(', ')}.`),
        minPosition,
      }),
    },
    handler: async ({ query: { from, to, app, group, noun } }) => {
      const { past, differences } = answers;
      const [first, last] = [
        positionAsked(past, 'from', from, engine),
        to === undefined ? engine.log.head() : positionAsked(past, 'to', to, engine),
      ];
      if (first > last)
        throw wrongMoment('from', `'${from}' (position ${first}) comes after '${to}' (position ${last}): give the earlier moment first`);
      const kinds = noun.map((name) => {
        const kind = KINDS[name];
        if (kind === undefined) throw wrongMoment('noun', `'${name}' is none of ${Object.keys(KINDS).join(', ')}`);
        return kind;
      });
      const told = differences.between({
        from: first,
        to: last,
        kinds,
        ...(app !== undefined && { app: absolutePathId(app) }),
        ...(group !== undefined && { group: absolutePathId(group) }),
      });
      return withInstants(told, isoInstant);
    },
  });
};
