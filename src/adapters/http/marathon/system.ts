import { z } from 'zod';
import { MAX_BODY_BYTES } from '../body.ts';
import { MIN_COMPRESSED_BYTES } from '../edge/compression.ts';
import { SLOW_CONSUMER_LIMIT_FACTS } from '../feed.ts';
import { wrong } from '../problem.ts';
import { MAX_WAIT_FOR_POSITION_MS } from '../reading.ts';
import { HEARTBEAT_MS } from '../sse.ts';
import type { Server, Surroundings } from '../surroundings.ts';

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'off'] as const;
type Level = (typeof LEVELS)[number];

/** There is one log, so one logger: Marathon's name for the one above all. */
const ROOT = 'ROOT';

/** pino's name of no output at all. */
const SILENT = 'silent';

/** How the engine is set up, and how much it says of itself. */
export const serveSystem = (server: Server, { engine, settings, log, version }: Surroundings): void => {
  server.get('/config', { schema: { summary: 'Version, options and limits of this engine.', tags: ['cluster'] } }, async () => ({
    wharfinger: {
      version,
      term: engine.term,
      startedAt: engine.startedAt,
      options: settings.options,
      accessControlAllowOrigin: settings.allowOrigins,
      httpMaxConcurrentRequests: settings.maxConcurrentRequests ?? null,
      maxRunningDeployments: settings.maxRunningDeployments ?? null,
      limits: {
        maxBodyBytes: MAX_BODY_BYTES,
        maxWaitForPositionMs: MAX_WAIT_FOR_POSITION_MS,
        minCompressedBytes: MIN_COMPRESSED_BYTES,
        slowConsumerLimitFacts: SLOW_CONSUMER_LIMIT_FACTS,
        heartbeatMs: HEARTBEAT_MS,
      },
    },
  }));

  server.get('/logging', { schema: { summary: 'Loggers and their levels.', tags: ['cluster'] } }, async () => ({
    [ROOT]: levelOf(log?.level).toUpperCase(),
  }));

  /** A level for some time only, and the one that it goes back to. */
  let passing: { readonly before: string; readonly cancel: () => void } | undefined;
  const goBack = (): void => {
    if (log !== undefined && passing !== undefined) log.level = passing.before;
    passing?.cancel();
    passing = undefined;
  };
  server.route({
    method: 'POST',
    url: '/logging',
    schema: {
      summary: 'Sets the level of a logger, for good or for some seconds.',
      tags: ['cluster'],
      body: z.object({
        logger: z.string().min(1),
        level: z.string().toLowerCase().pipe(z.enum(LEVELS)),
        durationSeconds: z.number().int().min(1).optional(),
      }),
    },
    handler: async ({ body }) => {
      const { logger, level, durationSeconds } = body;
      if (logger !== ROOT) throw wrong('/logger', `there is no logger '${logger}', only ${ROOT}`);
      if (log === undefined) throw wrong('/logger', 'this engine was started without a log');
      goBack();
      const before = log.level;
      log.level = level === 'off' ? SILENT : level;
      if (durationSeconds !== undefined) passing = { before, cancel: engine.clock.schedule(durationSeconds * 1000, goBack) };
      return body;
    },
  });
  server.addHook('onClose', async () => goBack());
};

const levelOf = (level: string | undefined): Level => LEVELS.find((each) => each === level) ?? (level === 'fatal' ? 'error' : 'off');
