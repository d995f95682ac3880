import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Answers } from '../../../domain/ports/answers.ts';
import type { Receipt } from '../../../domain/ports/receipt.ts';
import { notFound } from '../problem.ts';
import { minPosition } from '../queries.ts';
import type { Server, Surroundings } from '../surroundings.ts';

/** One document per deployment of an app or of a group. */
export const serveReceipts = (server: Server, answers: Answers, { engine }: Surroundings): void => {
  server.route({
    method: 'GET',
    url: '/v1/history/receipts/:deployment',
    schema: {
      summary: 'The receipt of a deployment with its SHA-256: the same whenever it is asked for once the deployment has ended.',
      tags: ['history'],
      params: z.object({ deployment: z.string() }),
      querystring: z.object({ format: z.enum(['json', 'markdown']).default('json'), minPosition }),
    },
    handler: async ({ params: { deployment }, query: { format } }, reply) => {
      const { receipts } = answers;
      const made = receipts.of(deployment, engine.log.head());
      if (made === undefined) throw notFound(`Deployment '${deployment}' does not exist`);
      const sha256 = hashOf(made);
      if (format === 'markdown') return reply.type('text/markdown; charset=utf-8').send(receipts.markdown(made, sha256));
      const { receipt, mermaid, sealed } = made;
      return {
        underWay: sha256 === undefined,
        ...(sha256 !== undefined && { sha256 }),
        // Instants in here are ms since 1970: what is hashed is shown as it is hashed.
        receipt,
        ...(mermaid !== undefined && { mermaid }),
        sealed,
      };
    },
  });
};

const hashOf = ({ canonical }: Receipt): string | undefined =>
  canonical === undefined ? undefined : createHash('sha256').update(canonical).digest('hex');
