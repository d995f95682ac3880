import { createHttp } from '../adapters/http/http.ts';
import { listenTcp } from '../adapters/http/listen.ts';
import type { Instant } from '../domain/kernel/units.ts';
import type { PastLog } from '../domain/ports/past.ts';
import { sentenceOf } from '../projections/sentences.ts';
import { VERSION } from '../version.ts';
import { type Fork, type ForkOptions, forkAt } from './fork.ts';

export const SANDBOX_HEADER = 'x-wharf-sandbox';
/** How often a sandbox's clock is moved on, ms of real time. */
const TICK_MS = 20;

export type SandboxOptions = ForkOptions & {
  readonly listen: { readonly host: string; readonly port: number };
  /** Sandbox time per real time; 1 unless told, 0 stands still. */
  readonly speed?: number;
  /** Milliseconds of real time. */
  readonly stopwatch?: () => number;
};

export type Sandbox = { readonly fork: Fork; readonly url: string; close(): Promise<void> };

/**
 * A sandbox with an API: whatever is asked of it happens to simulated hosts, and is forgotten with it. Every answer carries a header and a
 * warning that say so, and every document below `/v1` a field `sandbox`.
 */
export const startSandbox = async (
  past: PastLog,
  position: number,
  { listen, speed = 1, stopwatch, ...options }: SandboxOptions,
): Promise<Sandbox> => {
  const real = stopwatch ?? (() => performance.now());
  const fork = await forkAt(past, position, options);
  const begun = fork.clock.now();
  const label = { position, from: isoOf(begun) };
  const http = createHttp({ engine: fork.engine, sentenceOf, auth: 'none', version: VERSION, compression: false });
  http.addHook('onRequest', async (request, reply) => {
    request.warnings.push(`a sandbox that began at ${label.from}, position ${position}: nothing here is real`);
    reply.header(SANDBOX_HEADER, `position ${position}, from ${label.from}`);
  });
  http.addHook('onSend', async ({ url }, reply, payload) => {
    const isDocument = url.startsWith('/v1/') && String(reply.getHeader('content-type') ?? '').startsWith('application/json');
    if (!isDocument || typeof payload !== 'string' || !/^\{\s*"/.test(payload)) return payload;
    return `{"sandbox":${JSON.stringify(label)},${payload.slice(payload.indexOf('{') + 1)}`;
  });

  let last = real();
  let moving: Promise<void> | undefined;
  const tick = (): void => {
    if (moving !== undefined) return;
    const now = real();
    const until = fork.clock.now() + (now - last) * speed;
    last = now;
    moving = fork.clock.advanceSettling(until).finally(() => {
      moving = undefined;
    });
  };
  const timer = setInterval(tick, TICK_MS);
  const stop = async (): Promise<void> => {
    clearInterval(timer);
    await moving;
    const ended = fork.close();
    await fork.settle();
    await ended;
  };
  try {
    const { address } = await listenTcp(http, listen);
    return {
      fork,
      url: address,
      close: async () => {
        await http.close();
        await stop();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
};

const isoOf = (instant: Instant): string => new Date(instant).toISOString();
