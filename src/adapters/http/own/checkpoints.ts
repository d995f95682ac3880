import { Problem, unavailable } from '../problem.ts';
import type { Server, Surroundings } from '../surroundings.ts';

/** `POST /v1/checkpoints`: one now, signed and witnessed. */
export const serveCheckpoints = (server: Server, { checkpoint }: Surroundings): void => {
  server.post(
    '/v1/checkpoints',
    { schema: { tags: ['history'], summary: 'Writes a signed checkpoint of the log to its witnesses now, and answers it' } },
    async () => {
      if (checkpoint === undefined)
        throw new Problem(501, { message: 'This engine signs no checkpoints: it was started without --checkpoint-key and --witness.' });
      const signed = await checkpoint().catch((error: Error) => Promise.reject(unavailable(error.message)));
      if (signed === undefined) throw new Problem(409, { message: 'The log is empty.' });
      return signed;
    },
  );
};
