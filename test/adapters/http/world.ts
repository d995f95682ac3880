import type { FastifyInstance } from 'fastify';
import { onTestFinished } from 'vitest';
import { createHttp, type HttpOptions } from '../../../src/adapters/http/http.ts';
import type { Past } from '../../../src/domain/ports/past.ts';
import { answersOf } from '../../../src/history/answers.ts';
import { arrayPast } from '../../../src/history/arrayPast.ts';
import { sentenceOf } from '../../../src/projections/sentences.ts';
import { type FakeActors, fakeActors } from '../../support/fakeActors.ts';
import { type FakeEngine, fakeEngine } from '../../support/fakeEngine.ts';

export const TOKEN = 'a-token-of-the-test';

type Call = { readonly body?: unknown; readonly headers?: Readonly<Record<string, string>>; readonly token?: string | null };
export type Answer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>; // biome-ignore lint/suspicious/noExplicitAny: an answer is what the test says it is.
  readonly body: any;
  readonly text: string;
};

export type World = {
  readonly engine: FakeEngine;
  readonly actors: FakeActors;
  readonly http: FastifyInstance;
  call(method: 'GET' | 'HEAD' | 'OPTIONS' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', url: string, options?: Call): Promise<Answer>;
  /** An app that is deployed and steady. */
  steady(definition: Readonly<Record<string, unknown>> & { readonly id: string }): Promise<void>;
};

/** What an engine without actors has recorded so far. */
export const pastOf = ({ memory, decode }: FakeEngine): Past =>
  new Proxy({} as Past, { get: (_, question: keyof Past) => arrayPast(memory.facts.map(decode))[question] });

/** The real server over an engine without actors. */
export const world = async (options: Partial<HttpOptions> = {}): Promise<World> => {
  const engine = await fakeEngine();
  const actors = fakeActors(engine);
  const http = createHttp({ engine, answers: answersOf(pastOf(engine)), sentenceOf, auth: { token: TOKEN }, version: '0.0.1', ...options });
  onTestFinished(() => http.close());
  const call: World['call'] = async (method, url, { body, headers = {}, token = TOKEN } = {}) => {
    const response = await http.inject({
      method,
      url,
      headers: {
        host: '127.0.0.1:8080',
        ...(token !== null && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { payload: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const isJson = String(response.headers['content-type'] ?? '').startsWith('application/json');
    return {
      status: response.statusCode,
      headers: response.headers,
      text: response.body,
      body: isJson && response.body !== '' ? response.json() : undefined,
    };
  };
  const steady: World['steady'] = async (definition) => {
    await call('POST', '/v2/apps', { body: definition });
    await actors.beginDeployment(definition.id);
    await actors.endDeployment(definition.id);
  };
  return { engine, actors, http, call, steady };
};
