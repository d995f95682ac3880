import { isoInstant } from '../../../domain/kernel/units.ts';
import { Problem } from '../problem.ts';
import type { Server, Surroundings } from '../surroundings.ts';

/** `/v1/kafka`: how far the log has been published. */
export const serveKafka = (server: Server, { kafka }: Surroundings): void => {
  server.route({
    method: 'GET',
    url: '/v1/kafka',
    schema: { summary: 'How far the log has been published to Kafka, and what keeps it from going on.', tags: ['history'] },
    handler: () => {
      if (kafka === undefined) throw new Problem(501, { message: 'This engine publishes nothing: it was started without --kafka.' });
      const { trouble, ...status } = kafka();
      return { ...status, trouble: trouble === null ? null : { at: isoInstant(trouble.at), text: trouble.text } };
    },
  });
};
