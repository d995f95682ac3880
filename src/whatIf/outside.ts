import { AsyncLocalStorage } from 'node:async_hooks';
import type { FastifyInstance } from 'fastify';
import { createHttp } from '../adapters/http/http.ts';
import type { Command } from '../domain/kernel/decider.ts';
import type { Principal, StreamName } from '../domain/kernel/ids.ts';
import type { Engine, Request } from '../domain/ports/engine.ts';
import { sentenceOf } from '../projections/sentences.ts';
import { VERSION } from '../version.ts';
import type { Fork } from './fork.ts';

/** A request as it came to the API. */
export type HttpAsk = { readonly method: string; readonly url: string; readonly body?: unknown };

export type Asked = { readonly status: number; readonly body: string };

/** Who asks, and under which ids what it leads to is known. */
export type As = {
  readonly id?: string;
  readonly by?: Principal;
  /** Of the deployment of an app, or of a group, that it begins. */
  readonly deployment?: string;
  /** Changes a command before it is decided. */
  readonly change?: (stream: StreamName, command: Command) => Command;
};

/** A request that was made; its answer is there when it is. */
export type Asking = { readonly answer: Asked | undefined };

/** The API of a sandbox: requests come in as they came in from outside. */
export type Outside = {
  /** Comes back with the answer, or without where that waits for time to pass. */
  ask(ask: HttpAsk, as?: As): Promise<Asking>;
  close(): Promise<void>;
};

/** Turns of the event loop that a request may take without time passing. */
const TURNS_MAX = 200;

export const outsideOf = ({ engine, settle }: Pick<Fork, 'engine' | 'settle'>): Outside => {
  /** One may wait while the next is made already. */
  const asking = new AsyncLocalStorage<As>();
  const as = (): As => asking.getStore() ?? {};
  const renamed = (command: Command): Command => {
    const { deployment } = as();
    return deployment !== undefined && 'deployment' in command ? ({ ...command, deployment } as Command) : command;
  };
  const asked = (request: Request): Request => {
    const { id, by } = as();
    return { ...request, ...(id !== undefined && { id }), ...(by !== undefined && { by }) };
  };
  const changed = (stream: StreamName, command: Command): Command => renamed(as().change?.(stream, command) ?? command);
  const told: Engine = {
    ...engine,
    submit: (stream, command, request) => engine.submit(stream, changed(stream, command), asked(request)),
    precede: (stream, command, request) => engine.precede(stream, renamed(command), asked(request)),
    recordRefusal: (stream, command, request, refusal) => engine.recordRefusal(stream, command, asked(request), refusal),
  };
  const http: FastifyInstance = createHttp({ engine: told, sentenceOf, auth: 'none', version: VERSION, compression: false });
  return {
    ask: async ({ method, url, body }, who = {}) => {
      const made: { answer: Asked | undefined; failure?: unknown } = { answer: undefined };
      const options = {
        method: method as 'POST',
        url,
        headers: { host: 'localhost', ...(body !== undefined && { 'content-type': 'application/json' }) },
        ...(body !== undefined && { payload: JSON.stringify(body) }),
      };
      asking.run(who, () => {
        http.inject(options).then(
          ({ statusCode, body: answer }) => {
            made.answer = { status: statusCode, body: answer };
          },
          (error: unknown) => {
            made.failure = error ?? new Error('the request failed');
          },
        );
      });
      for (let turns = 0; made.answer === undefined && made.failure === undefined && turns < TURNS_MAX; turns++) await settle();
      if (made.failure !== undefined) throw made.failure;
      return made;
    },
    close: () => http.close(),
  };
};
