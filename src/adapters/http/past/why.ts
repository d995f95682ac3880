import { either as E } from 'fp-ts';
import type { Either } from 'fp-ts/lib/Either.js';
import { z } from 'zod';
import { FILTERS, type FilterName } from '../../../domain/placement/filters.ts';
import type { Without } from '../../../domain/placement/survey.ts';
import type { Answers } from '../../../domain/ports/answers.ts';
import type { NoAnswer } from '../../../domain/ports/why.ts';
import { notFound, Problem, wrong } from '../problem.ts';
import { minPosition, repeated } from '../queries.ts';
import type { Server, Surroundings } from '../surroundings.ts';

const app = z.string().min(1).describe('Id of an app, such as /web.');

/** Why things are as they were: causes, failing filters with what would mend them, and placements opened again. */
export const serveWhy = (server: Server, answers: Answers, { engine }: Surroundings): void => {
  server.route({
    method: 'GET',
    url: '/v1/history/why',
    schema: {
      summary: 'Why a thing is as it was: the fact that answers, what led to it back to a request, and what followed.',
      tags: ['history'],
      querystring: z.object({
        thing: z
          .string()
          .min(1)
          .describe('An app (/web), an instance or deployment or the beginning of its id, a node, a request, or a fact (#4711).'),
        minPosition,
      }),
    },
    handler: async ({ query: { thing } }) => answered(answers.why.why(thing, engine.log.head()), 'thing'),
  });
  server.route({
    method: 'GET',
    url: '/v1/history/why-not',
    schema: {
      summary:
        'Why a node would not take one more instance of an app: every filter that it fails, and the smallest change that would mend it.',
      tags: ['history'],
      querystring: z.object({ app, node: z.string().min(1), minPosition }),
    },
    handler: async ({ query }) => answered(answers.placement.whyNot(query.app, query.node, engine.log.head()), 'node'),
  });
  server.route({
    method: 'GET',
    url: '/v1/history/why-waiting',
    schema: {
      summary: 'Why instances of an app wait: what each filter turns away, and the smallest change anywhere that lets one run.',
      tags: ['history'],
      querystring: z.object({ app, minPosition }),
    },
    handler: async ({ query }) => answered(answers.placement.whyWaiting(query.app, engine.log.head()), 'app'),
  });
  server.route({
    method: 'GET',
    url: '/v1/history/decision',
    schema: {
      summary: 'The last placement of an instance, opened again: every node through every filter, the scores, and what would have changed.',
      tags: ['history'],
      querystring: z.object({
        instance: z.string().min(1).describe('Any form of its id, or the beginning of it.'),
        without: repeated.describe(
          `What is left out, any number of: constraint:<field>, score, ${FILTERS.map(({ name }) => name).join(', ')}.`,
        ),
        node: z.string().min(1).optional().describe('Show this node alone.'),
        minPosition,
      }),
    },
    handler: async ({ query: { instance, without, node } }) => {
      const options = { ...(without.length > 0 && { without: withoutOf(without) }), ...(node !== undefined && { node }) };
      return answered(answers.placement.decision(instance, engine.log.head(), options), 'instance');
    },
  });
};

/** @throws Problem */
const answered = <A>(answer: Either<NoAnswer, A>, field: string): A => {
  if (E.isRight(answer)) return answer.right;
  const { code, message, details } = answer.left;
  if (code === 'not-found') throw notFound(message);
  if (code === 'ambiguous') throw new Problem(409, { message, ...(details !== undefined && { details }) });
  throw wrong(`/${field}`, message);
};

/** @throws Problem 422 */
const withoutOf = (parts: readonly string[]): Without => {
  const constraints: string[] = [];
  const filters: FilterName[] = [];
  let score = false;
  for (const part of parts) {
    const [, field] = /^constraint:(.+)$/.exec(part) ?? [];
    const filter = FILTERS.find(({ name }) => name === part);
    if (field !== undefined) constraints.push(field);
    else if (filter !== undefined) filters.push(filter.name);
    else if (part === 'score') score = true;
    else throw wrong('/without', `'${part}' is no filter: constraint:<field>, score, ${FILTERS.map(({ name }) => name).join(', ')}`);
  }
  return {
    ...(constraints.length > 0 && { constraints }),
    ...(filters.length > 0 && { filters }),
    ...(score && { score }),
  };
};
