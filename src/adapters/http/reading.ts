import type { Engine } from '../../domain/ports/engine.ts';
import { unavailable, wrong } from './problem.ts';
import type { Server } from './surroundings.ts';

/** Longest time a read waits for the views to reach `minPosition`, ms. */
export const MAX_WAIT_FOR_POSITION_MS = 5_000;
const LOOK_AGAIN_MS = 5;

export const POSITION_HEADER = 'x-wharf-position';
export const MIN_POSITION_HEADER = 'x-wharf-min-position';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The request is somebody else's: its query is not read here. */
    passedOn?: true;
  }
}

/** Resolves once the views have read up to `position`. @throws Problem 503 when that takes too long. */
export const settled = async ({ views, clock }: Engine, position: number): Promise<void> => {
  for (let waited = 0; views.position() < position; waited += LOOK_AGAIN_MS) {
    if (waited >= MAX_WAIT_FOR_POSITION_MS)
      throw unavailable(`Position ${position} is not there yet; the views stand at ${views.position()}.`);
    await new Promise<void>((resolve) => clock.schedule(LOOK_AGAIN_MS, resolve));
  }
};

/** A read may ask to see at least its client's own writes; every answer says how far the views had read. */
export const tellPositions = (server: Server, engine: Engine): void => {
  server.addHook('preValidation', async (request) => {
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (!isRead || request.routeOptions.config.passedOn === true) return;
    const { at, minPosition = request.headers[MIN_POSITION_HEADER] } = request.query as {
      readonly at?: string;
      readonly minPosition?: string;
    };
    // Who asks of a moment waits for nothing that came later.
    if (minPosition === undefined || at !== undefined) return;
    const position = Number(minPosition);
    if (!Number.isSafeInteger(position) || position < 0) throw wrong('/minPosition', 'must be a position of the log');
    await settled(engine, position);
  });
  server.addHook('onSend', async (_request, reply, payload) => {
    reply.header(POSITION_HEADER, String(engine.views.position()));
    return payload;
  });
};
