import { setTimeout as pause } from 'node:timers/promises';

/** The engine's API as a client outside sees it. */
export type Api = {
  readonly url: string;
  call(method: string, path: string, body?: unknown): Promise<Answer>;
  /** @throws Error for an answer that is no success. */
  get<A = Json>(path: string): Promise<A>;
  /** @throws Error for an answer that is no success. */
  ask<A = Json>(method: string, path: string, body?: unknown): Promise<A>;
  /** Server-sent events of a path until the signal ends it, or the engine does. */
  follow(path: string, signal: AbortSignal): AsyncIterable<unknown>;
};
export type Answer = { readonly status: number; readonly headers: Headers; readonly body: Json };
// Whatever an API answers: tests look at it with matchers.
// biome-ignore lint/suspicious/noExplicitAny: see above
export type Json = any;

/** Longer than any answer may take, ms: a call that hangs fails its test by name. */
const ANSWER_MS = 20_000;

export const apiOf = (url: string, token: string): Api => {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const call = async (method: string, path: string, body?: unknown): Promise<Answer> => {
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const answer = await fetch(`${url}${path}`, { method, headers, signal: AbortSignal.timeout(ANSWER_MS), ...sent });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, body: text === '' ? undefined : JSON.parse(text) };
  };
  const ask = async (method: string, path: string, body?: unknown): Promise<Json> => {
    const answer = await call(method, path, body);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  async function* follow(path: string, signal: AbortSignal): AsyncGenerator<unknown> {
    const answer = await fetch(`${url}${path}`, { headers, signal });
    if (answer.body === null) throw new Error(`${path}: ${answer.status}`);
    let text = '';
    for await (const chunk of answer.body.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      const frames = text.split('\r\n\r\n');
      text = frames.pop() ?? '';
      for (const frame of frames) {
        const data = /^data: (.*)$/m.exec(frame)?.[1];
        if (data !== undefined) yield JSON.parse(data);
      }
    }
  }
  return { url, call, ask, get: (path) => ask('GET', path), follow };
};

/** Some of what is waited for is recorded nowhere (a probe's result, a delay that runs out), so it is looked at again this often, ms. */
const LOOK_AGAIN_MS = 250;

/**
 * Resolves with the first answer that is not undefined; asked after every fact, and now and then in between.
 * @throws Error when it does not come true; a throw of `look` counts as not yet, and is told.
 */
export const eventually = async <A>(api: Api, what: string, look: () => Promise<A | undefined>, withinMs = 30_000): Promise<A> => {
  const over = new AbortController();
  let news = Promise.withResolvers<void>();
  const listen = async (): Promise<void> => {
    for await (const _ of api.follow('/v1/events?follow=true', over.signal)) news.resolve();
  };
  const listening = listen().catch(() => undefined);
  const until = performance.now() + withinMs;
  let last: unknown;
  try {
    while (performance.now() < until) {
      news = Promise.withResolvers();
      try {
        const seen = await look();
        if (seen !== undefined) return seen;
      } catch (error) {
        last = error;
      }
      await Promise.race([news.promise, pause(LOOK_AGAIN_MS, undefined, { ref: false })]);
    }
  } finally {
    over.abort();
    await listening;
  }
  throw new Error(`never came true: ${what}${last instanceof Error ? `\n${last.message}` : ''}`, { cause: last });
};

/** True once no deployment runs. */
export const settled = (api: Api, withinMs?: number): Promise<true> =>
  eventually(
    api,
    'no deployment runs',
    async () => {
      const deployments = await api.get('/v2/deployments');
      if (deployments.length > 0) throw new Error(JSON.stringify(deployments));
      return true as const;
    },
    withinMs,
  );

/** An app with all its instances running, and nothing under way. */
export const whole = (api: Api, app: string, withinMs?: number): Promise<Json> =>
  eventually(
    api,
    `${app} is whole`,
    async () => {
      const { app: row } = await api.get(`/v2/apps${app}?embed=app.tasks`);
      const { endpoints } = await api.get(`/v1/endpoints?app=${app}`);
      if (row.deployments.length === 0 && row.tasksRunning === row.instances && endpoints.length === row.instances) return row;
      const { instances, deployments, tasksRunning, tasks, lastTaskFailure } = row;
      const states = tasks.map(({ state }: Json) => state);
      throw new Error(JSON.stringify({ instances, deployments, tasksRunning, ready: endpoints.length, states, lastTaskFailure }));
    },
    withinMs,
  );

/** The facts of one subject, oldest first, with their sentences. */
export const historyOf = async (api: Api, subject: string): Promise<readonly Json[]> =>
  (await api.get(`/v1/history/${subject.replace(/^\//, '')}`)).history;
