import { streamOf } from '../../../domain/kernel/ids.ts';
import type { Recorded } from '../../../domain/kernel/recorded.ts';
import type { Engine } from '../../../domain/ports/engine.ts';
import { REQUEST, type RequestFact } from '../../../domain/request/request.ts';

/** A fact and the root of its request are written side by side, so that the root may come a moment later: so long it is waited for, ms. */
const MAX_WAIT_FOR_ROOT_MS = 500;
const LOOK_AGAIN_MS = 5;

/**
 * Address that a fact was asked for from, as the root of its request has it, so it is the same in every replay; '' where there is none.
 * What the engine does for a plan has the root of whoever asked for the plan.
 */
export const clientIpOf = async (engine: Engine, { meta }: Pick<Recorded, 'meta'>): Promise<string> => {
  const stream = streamOf(REQUEST, meta.correlationId);
  for (let waited = 0; ; waited += LOOK_AGAIN_MS) {
    const [root] = await engine.log.readStream(stream, { max: 1 });
    if (root !== undefined) return clientIpIn((engine.decode(root).fact as RequestFact).body);
    // What is long past has no root any more that could still come.
    if (waited >= MAX_WAIT_FOR_ROOT_MS || engine.clock.now() - meta.at > MAX_WAIT_FOR_ROOT_MS * 10) return '';
    await new Promise<void>((resolve) => engine.clock.schedule(LOOK_AGAIN_MS, resolve));
  }
};

const clientIpIn = (body: unknown): string => {
  const { clientIp } = (typeof body === 'object' && body !== null ? body : {}) as { readonly clientIp?: unknown };
  return typeof clientIp === 'string' ? clientIp : '';
};
