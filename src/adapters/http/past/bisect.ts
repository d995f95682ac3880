import { either as E } from 'fp-ts';
import { z } from 'zod';
import { MOMENT_FORMS, momentPosition, parseMoment } from '../../../domain/kernel/moment.ts';
import { isoInstant } from '../../../domain/kernel/units.ts';
import type { Answers } from '../../../domain/ports/answers.ts';
import type { BisectRefusal, Place, ToldFact } from '../../../domain/ports/bisect.ts';
import { Problem } from '../problem.ts';
import { flag } from '../queries.ts';
import type { Server, Surroundings } from '../surroundings.ts';

const moment = z.string().min(1).max(64).describe(`Moment: ${MOMENT_FORMS}.`);

/** Where an assertion about the cluster came to fail. */
export const serveBisect = (server: Server, answers: Answers, { engine }: Surroundings): void => {
  server.route({
    method: 'GET',
    url: '/v1/history/bisect',
    schema: {
      summary: 'The change between two moments at which an assertion (CEL over the views) came to fail.',
      tags: ['history'],
      querystring: z.object({
        good: moment,
        bad: moment,
        assert: z.string().min(1).describe("CEL expression, such as `apps['/web'].ready >= 3`."),
        first: flag(false).describe('Look at every change in order for the very first, instead of halving for any.'),
      }),
    },
    handler: async ({ query: { good, bad, assert, first } }) => {
      const { past, bisect } = answers;
      const positionOf = (field: string, text: string): number => {
        const parsed = parseMoment(text, engine.clock.now());
        if (E.isLeft(parsed)) throw new Problem(400, { message: `${field}: ${parsed.left}` });
        return momentPosition(past, parsed.right);
      };
      const found = bisect({ good: positionOf('good', good), bad: positionOf('bad', bad), assert, first });
      if (E.isLeft(found)) throw problemOf(found.left);
      const { good: from, bad: to, lastGood, firstBad, change, request, ...rest } = found.right;
      return {
        ...rest,
        good: placeJson(from),
        bad: placeJson(to),
        lastGood: placeJson(lastGood),
        firstBad: placeJson(firstBad),
        change: toldJson(change),
        ...(request !== undefined && { request: toldJson(request) }),
      };
    },
  });
};

const placeJson = ({ position, at }: Place) => ({ position, at: isoInstant(at) });
const toldJson = <T extends ToldFact>(told: T) => ({ ...told, at: isoInstant(told.at) });

/** 422 where the assertion is not so at an end of the interval: what was asked for is right, and the past is not like that. */
const problemOf = (refusal: BisectRefusal): Problem => {
  const { kind, message } = refusal;
  switch (kind) {
    case 'expression':
      return new Problem(400, { message: `assert, character ${refusal.column}: ${message}`, column: refusal.column });
    case 'interval':
      return new Problem(400, { message: `${refusal.field}: ${message}` });
    case 'not-so':
      return new Problem(422, { message: `${refusal.field}: ${message}` });
    case 'limit':
      return new Problem(422, { message });
  }
};
