import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { onTestFinished } from 'vitest';
import { createHttp } from '../../../../src/adapters/http/http.ts';
import { electedLeader } from '../../../../src/adapters/http/leadership.ts';
import { createStandby, type StandbyOptions } from '../../../../src/adapters/http/standby/createStandby.ts';
import type { Election, Leader } from '../../../../src/domain/ports/election.ts';
import { sentenceOf } from '../../../../src/projections/sentences.ts';
import { type FakeActors, fakeActors } from '../../../support/fakeActors.ts';
import { type FakeEngine, fakeEngine } from '../../../support/fakeEngine.ts';
import { serving } from '../streams.ts';
import { TOKEN } from '../world.ts';

/** An election whose outcome the test says. */
export type Said = Pick<Election, 'leader' | 'onChange'> & { say(url: string | undefined): void };

export const said = (): Said => {
  let leader: Leader | undefined;
  const listeners = new Set<(leader: Leader | undefined) => void>();
  return {
    leader: () => leader,
    onChange: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    say: (url) => {
      leader = url === undefined ? undefined : { holder: 'somebody', url, since: 0 };
      for (const listener of listeners) listener(leader);
    },
  };
};

export type Got = { readonly status: number; readonly headers: IncomingMessage['headers']; readonly text: string };

export type Asked = {
  readonly method?: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly token?: string | null;
  readonly socketPath?: string;
};

/** One request over a connection of its own. */
export const ask = (url: string, { method = 'GET', body, headers = {}, token = TOKEN, socketPath }: Asked = {}): Promise<Got> =>
  new Promise((resolve, reject) => {
    const all = {
      ...(token !== null && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    };
    const asked = request(url, { method, headers: all, agent: false, ...(socketPath !== undefined && { socketPath }) }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      answer.once('end', () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }));
      answer.once('error', reject);
    });
    asked.once('error', reject);
    asked.end(body);
  });

export type Pair = {
  readonly engine: FakeEngine;
  readonly actors: FakeActors;
  readonly election: Said;
  readonly leader: FastifyInstance;
  readonly standby: FastifyInstance;
  readonly leaderUrl: string;
  readonly url: string;
  /** Where the standby says that it is. */
  readonly self: string;
};

export const SELF = 'http://standby.example:8080';

/** A server that leads and one that stands by, over one log. */
export const pair = async ({
  followed,
  ...options
}: Partial<Omit<StandbyOptions, 'followed'>> & { followed?: Partial<StandbyOptions['followed']> } = {}): Promise<Pair> => {
  const engine = await fakeEngine();
  const election = said();
  const common = { sentenceOf, auth: { token: TOKEN }, version: '0.0.1' };
  const leader = createHttp({ ...common, engine, leadership: electedLeader(election, true) });
  const { views, log, clock, decode, strategyProblems } = engine;
  const standby = createStandby({
    ...common,
    followed: { views, log, clock, decode, strategyProblems, ...followed },
    election,
    self: SELF,
    mode: 'proxy',
    freshAt: clock.now,
    ...options,
  });
  const [leaderUrl, url] = [await serving(leader), await serving(standby)];
  onTestFinished(async () => {
    await standby.close();
    await leader.close();
  });
  election.say(leaderUrl);
  return { engine, actors: fakeActors(engine), election, leader, standby, leaderUrl, url, self: options.self ?? SELF };
};

/** Something in the leader's place that answers as the test says. */
export const inItsPlace = async (answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> => {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
};
