import type { FastifyInstance } from 'fastify';
import { onTestFinished } from 'vitest';
import { systemClock } from '../../../src/adapters/clock/systemClock.ts';
import { createHttp } from '../../../src/adapters/http/http.ts';
import { sentenceOf } from '../../../src/projections/sentences.ts';
import { memoryLog } from '../../support/memoryLog.ts';
import { addNode, createWorld, until, type World } from '../../support/world.ts';
import { listen, serving } from './streams.ts';

// biome-ignore lint/suspicious/noExplicitAny: an answer is what the test says it is.
export type Answer = { readonly status: number; readonly headers: Readonly<Record<string, unknown>>; readonly body: any };

export type Running = {
  readonly world: World;
  readonly http: FastifyInstance;
  readonly address: string;
  call(method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<Answer>;
  /** Resolves as soon as committed facts make it true. */
  until(holds: () => boolean, what: string): Promise<void>;
  listen(path: string, headers?: Readonly<Record<string, string>>): ReturnType<typeof listen>;
};

/** The whole engine over simulated hosts, behind the real server. */
export const running = async (options: Partial<Parameters<typeof createWorld>[0]> = {}, nodes = 2): Promise<Running> => {
  const world = await createWorld({ log: memoryLog(), clock: systemClock(), ...options });
  for (let n = 1; n <= nodes; n++) await addNode(world, `n${n}`);
  const http = createHttp({ engine: world.engine, sentenceOf, auth: 'none', version: '0.0.1' });
  const address = await serving(http);
  onTestFinished(async () => {
    await http.close();
    await world.engine.stop();
  });
  return {
    world,
    http,
    address,
    call: async (method, path, body) => {
      const sent = body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
      const answer = await fetch(`${address}${path}`, { method, ...sent });
      const text = await answer.text();
      return { status: answer.status, headers: Object.fromEntries(answer.headers), body: text === '' ? undefined : JSON.parse(text) };
    },
    until: (holds, what) => until(world, holds, what),
    listen: (path, headers) => listen(address, path, headers),
  };
};
