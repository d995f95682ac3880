import { z } from 'zod';
import type { RetentionCommand } from '../../../domain/retention/retention.commands.ts';
import { ARCHIVABLE, KEEP_DAYS_MAX, RETENTION_LOG } from '../../../domain/retention/retention.facts.ts';
import { ask } from '../ask.ts';
import { Problem, unavailable } from '../problem.ts';
import type { Server, Surroundings } from '../surroundings.ts';

const params = z.object({ noun: z.enum(ARCHIVABLE).describe('Whose streams are archived after they have ended.') });

/** `/v1/retention`: how long what has ended stays in the log, and what has left it. */
export const serveRetention = (server: Server, { engine, retention }: Surroundings): void => {
  const keeping = () => {
    if (retention === undefined) throw new Problem(501, { message: 'This engine archives nothing.' });
    return retention;
  };
  const tell = (request: Parameters<typeof ask>[1], command: RetentionCommand) =>
    ask(engine, request, RETENTION_LOG as never, command as never);
  server.route({
    method: 'GET',
    url: '/v1/retention',
    schema: { summary: 'The policies by noun, the archives, and where they are written.', tags: ['history'] },
    handler: () => keeping().state(),
  });
  server.route({
    method: 'PUT',
    url: '/v1/retention/:noun',
    schema: {
      summary: 'Ended streams of a noun may be archived so many days after they ended.',
      tags: ['history'],
      params,
      body: z.strictObject({ keepDays: z.int().min(0).max(KEEP_DAYS_MAX) }),
    },
    handler: async (request) => {
      const { position } = await tell(request, { type: 'SetRetentionPolicy', noun: request.params.noun, keepDays: request.body.keepDays });
      return { noun: request.params.noun, keepDays: request.body.keepDays, position };
    },
  });
  server.route({
    method: 'DELETE',
    url: '/v1/retention/:noun',
    schema: { summary: 'Streams of a noun are archived no more; what was archived stays there.', tags: ['history'], params },
    handler: async (request) => {
      const { position } = await tell(request, { type: 'ClearRetentionPolicy', noun: request.params.noun });
      return { noun: request.params.noun, position };
    },
  });
  server.route({
    method: 'POST',
    url: '/v1/retention/run',
    schema: { summary: 'Archives now what the policies let go, and answers what that was.', tags: ['history'] },
    handler: async () => {
      const { run } = keeping();
      if (run === undefined)
        throw new Problem(501, { message: 'This engine was told of no directory for archives: it was started without --archive.' });
      return run().catch((error: Error) => Promise.reject(unavailable(error.message)));
    },
  });
};
