import { Readable } from 'node:stream';
import { z } from 'zod';
import type { Answers } from '../../../domain/ports/answers.ts';
import type { Verify } from '../../../domain/ports/verification.ts';
import { unavailable } from '../problem.ts';
import { whileConnected } from '../sse.ts';
import type { Server, Surroundings } from '../surroundings.ts';

/** `GET /v1/history/verify`: lines of JSON, `{"progress": …}` as it goes and `{"report": …}` at the end. */
export const serveVerify = (server: Server, answers: Answers, { closing }: Surroundings): void => {
  server.get(
    '/v1/history/verify',
    {
      // It ends when the whole log has been read: nothing that a HEAD could wait for.
      exposeHeadRoute: false,
      schema: {
        querystring: z.object({
          views: z
            .enum(['true', 'false'])
            .optional()
            .describe('Whether the views are folded again and compared; where nothing is said, of a log of up to two million facts'),
        }),
        tags: ['history'],
        summary:
          'Verifies the log: chains, states, leaders, views and witnesses; JSON lines with the progress, and the report as the last one',
      },
    },
    async ({ query }, reply) => {
      const { verify } = answers;
      if (verify === undefined) throw unavailable('The log of this engine cannot be read apart from it.');
      reply.header('content-type', 'application/x-ndjson');
      reply.header('cache-control', 'no-store');
      const stream = Readable.from(
        linesOf(verify(query.views === undefined ? {} : { views: query.views === 'true' }), whileConnected(reply, closing)),
        {
          objectMode: false,
        },
      );
      stream.on('error', (error) => reply.log.warn({ err: error.message }, 'the log was not verified to its end'));
      return reply.send(stream);
    },
  );
};

const linesOf = async function* (steps: ReturnType<Verify>, gone: AbortSignal): AsyncGenerator<string, void> {
  for (;;) {
    const { done, value } = steps.next();
    yield `${JSON.stringify(done === true ? { report: value } : { progress: value })}\n`;
    if (done === true) return;
    // Others that wait for this thread come in between.
    await new Promise<void>((resolve) => setImmediate(resolve));
    if (!gone.aborted) continue;
    steps.return(undefined as never);
    return;
  }
};
