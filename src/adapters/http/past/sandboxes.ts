import { Readable } from 'node:stream';
import { z } from 'zod';
import type { Answers } from '../../../domain/ports/answers.ts';
import type { Place, Sandboxes, WhatIfAsk } from '../../../domain/ports/whatIf.ts';
import { Problem, unavailable } from '../problem.ts';
import { minPosition, repeated } from '../queries.ts';
import type { Server, Surroundings } from '../surroundings.ts';
import { instantAsked, positionAsked, wrongMoment } from './moments.ts';

const seed = z.coerce.number().int().min(0).max(999_999_999).default(1).describe('Of the sandbox; the same seed gives the same answer.');
const weight = z.coerce.number().optional();

/** The past tried another way, in sandboxes of the thread that answers for it: one at a time. */
export const serveSandboxes = (server: Server, answers: Answers, { engine }: Surroundings): void => {
  let isBusy = false;
  const alone = async <A>(work: (sandboxes: Sandboxes) => Promise<A>): Promise<A> => {
    const { sandboxes } = answers;
    if (sandboxes === undefined) throw unavailable('Nobody starts sandboxes here.');
    if (isBusy) throw unavailable('A sandbox is under way; one runs at a time.');
    isBusy = true;
    try {
      return await work(sandboxes);
    } finally {
      isBusy = false;
    }
  };
  const placeOf = (name: string, text: string | undefined): Place => {
    const { past } = answers;
    const position = text === undefined ? engine.log.head() : positionAsked(past, name, text, engine);
    return { position, at: text === undefined ? (past.fact(position)?.meta.at ?? 0) : instantAsked(past, name, text, engine) };
  };

  server.route({
    method: 'GET',
    url: '/v1/history/plan',
    schema: {
      summary: 'What would move where, and what would find no place, if a node were drained or nodes were lost; nothing is done.',
      tags: ['history'],
      querystring: z.object({
        what: z.enum(['drain', 'lose']),
        of: z.string().min(1).describe('A node; of what is lost also <attribute>=<value>, zone=… or region=….'),
        forGood: z.enum(['true', 'false']).default('false').describe('What is lost is removed from the pool.'),
        seed,
        minPosition,
      }),
    },
    handler: async ({ query: { what, of, forGood, seed } }) => {
      const now = { position: engine.log.head(), at: engine.clock.now() };
      return alone((sandboxes) => sandboxes.plan({ ...now, what, of, isForGood: forGood === 'true', seed }).catch(refuse));
    },
  });

  server.route({
    method: 'GET',
    url: '/v1/history/what-if',
    exposeHeadRoute: false,
    schema: {
      summary:
        'Lets a span of the past happen again in a sandbox with something changed: JSON lines with the progress, and the report as the last one.',
      tags: ['history'],
      querystring: z.object({
        from: z.string().describe('Where the span begins: an instant, a position or an age.'),
        to: z.string().optional().describe('Where it ends; the last fact where absent.'),
        strategy: z.string().optional().describe('The name of a strategy that deployments go by.'),
        spread: weight.describe('Weight of instances alike on a node; of a policy with spread, load and pack, 0 each where absent.'),
        load: weight,
        pack: weight,
        without: repeated.describe('Nodes that are not there.'),
        add: repeated.describe('One more node each, as <name>:<node that it is like>.'),
        seed,
        minPosition,
      }),
    },
    handler: async ({ query: { from, to, strategy, spread, load, pack, without, add, seed } }, reply) => {
      const span = { from: placeOf('from', from), to: placeOf('to', to) };
      if (span.from.at >= span.to.at) throw wrongMoment('from', `'${from}' must come before the end of the span`);
      const weights = { ...(spread !== undefined && { spread }), ...(load !== undefined && { load }), ...(pack !== undefined && { pack }) };
      const ask: WhatIfAsk = {
        ...span,
        seed,
        without,
        add: add.map((spec) => {
          const [id = '', like = ''] = spec.split(':', 2);
          if (id === '' || like === '') throw wrongMoment('add', `'${spec}' is no <name>:<node that it is like>`);
          return { id, like };
        }),
        ...(strategy !== undefined && { strategy }),
        ...(Object.keys(weights).length > 0 && { weights }),
      };
      if (isBusy || answers.sandboxes === undefined) return alone(async () => undefined);
      reply.header('content-type', 'application/x-ndjson');
      reply.header('cache-control', 'no-store');
      const lines = new Readable({ read: () => {} });
      const tell = (document: unknown): void => void lines.push(`${JSON.stringify(document)}\n`);
      void alone((sandboxes) => sandboxes.whatIf(ask, (phase, share) => tell({ progress: { phase, share } })))
        .then(tell, (error: Error) => tell({ error: { message: error.message } }))
        .finally(() => lines.push(null));
      return reply.send(lines);
    },
  });
};

const refuse = (error: Error): never => {
  throw new Problem(400, { message: error.message });
};
