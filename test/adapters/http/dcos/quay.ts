import type { FastifyInstance } from 'fastify';
import { onTestFinished } from 'vitest';
import { systemClock } from '../../../../src/adapters/clock/systemClock.ts';
import { createHttp, type HttpOptions } from '../../../../src/adapters/http/http.ts';
import { listenTcp } from '../../../../src/adapters/http/listen.ts';
import { streamOf } from '../../../../src/domain/kernel/ids.ts';
import type { NodeCommand } from '../../../../src/domain/node/node.commands.ts';
import { sentenceOf } from '../../../../src/projections/sentences.ts';
import type { Json } from '../../../support/api.ts';
import { memoryLog } from '../../../support/memoryLog.ts';
import { createWorld, deploy, submit, until, type World } from '../../../support/world.ts';

export const TOKEN = 'a-token-of-the-test';

export type Quay = {
  readonly world: World;
  readonly http: FastifyInstance;
  readonly url: string;
  /** A request with the token. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** @throws Error for an answer that is no success. */
  json(path: string, init?: RequestInit): Promise<Json>;
  /** As JSON, by POST. */
  post(path: string, body: unknown): Promise<Response>;
  node(id: string, more?: Partial<Extract<NodeCommand, { type: 'RegisterNode' }>>): Promise<void>;
  /** Deployed, and as many ready as it wants. */
  app(definition: Readonly<Record<string, unknown>> & { readonly id: string; readonly instances?: number }): Promise<void>;
};

/** The whole engine on simulated hosts, behind the real server on a real port. */
export const quay = async (options: Partial<HttpOptions> = {}): Promise<Quay> => {
  const world = await createWorld({ log: memoryLog(), clock: systemClock() });
  onTestFinished(() => world.engine.stop());
  const http = createHttp({ engine: world.engine, sentenceOf, auth: { token: TOKEN }, version: '0.0.1', ...options });
  onTestFinished(() => http.close());
  const { address: url } = await listenTcp(http, { port: 0 });
  const call: Quay['fetch'] = (path, init = {}) =>
    fetch(`${url}${path}`, { redirect: 'manual', ...init, headers: { authorization: `token=${TOKEN}`, ...init.headers } });
  return {
    world,
    http,
    url,
    fetch: call,
    json: async (path, init) => {
      const answer = await call(path, init);
      if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
      return answer.json();
    },
    post: (path, body) => call(path, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    node: async (id, more = {}) => {
      await submit(world, streamOf('node', id), {
        type: 'RegisterNode',
        endpoint: { kind: 'simulated', seed: 1 },
        offer: {
          hostname: `${id}.example`,
          address: '127.0.0.1',
          cpus: 4,
          mem: 4096,
          disk: 10_000,
          gpus: 0,
          portRanges: [[31_000, 31_999]],
        },
        attributes: {},
        roles: ['*'],
        warnings: [],
        ...more,
      } as NodeCommand);
      await until(world, () => world.engine.views.nodes.get(id)?.state === 'attached.answering.ready', `${id} answers`);
    },
    app: async (definition) => {
      await deploy(world, definition);
      const wanted = definition.instances ?? 1;
      const ready = () => Object.values(world.engine.views.instances.tallies(definition.id)).reduce((sum, tally) => sum + tally.ready, 0);
      await until(world, () => ready() === wanted && world.engine.views.deployments.running().length === 0, `${definition.id} is ready`);
    },
  };
};
