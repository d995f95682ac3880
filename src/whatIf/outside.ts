import type { FastifyInstance } from 'fastify';
import { createHttp } from '../adapters/http/http.ts';
import type { AppCommand } from '../domain/app/app.commands.ts';
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

/** The API of a sandbox: requests come in as they came in from outside. */
export type Outside = {
  /** Undefined where it waits for time to pass; its answer is nobody's then. */
  ask(ask: HttpAsk, as?: As): Promise<Asked | undefined>;
  close(): Promise<void>;
};

/** Turns of the event loop that a request may take without time passing. */
const TURNS_MAX = 200;

export const outsideOf = ({ engine, settle }: Pick<Fork, 'engine' | 'settle'>): Outside => {
  let as: As = {};
  const renamed = (command: Command): Command =>
    as.deployment !== undefined && 'deployment' in command ? ({ ...command, deployment: as.deployment } as AppCommand as Command) : command;
  const asked = (request: Request): Request => ({
    ...request,
    ...(as.id !== undefined && { id: as.id }),
    ...(as.by !== undefined && { by: as.by }),
  });
  const changed = (stream: StreamName, command: Command): Command => renamed(as.change?.(stream, command) ?? command);
  const told: Engine = {
    ...engine,
    submit: (stream, command, request) => engine.submit(stream, changed(stream, command), asked(request)),
    precede: (stream, command, request) => engine.precede(stream, renamed(command), asked(request)),
    recordRefusal: (stream, command, request, refusal) => engine.recordRefusal(stream, command, asked(request), refusal),
  };
  const http: FastifyInstance = createHttp({ engine: told, sentenceOf, auth: 'none', version: VERSION, compression: false });
  return {
    ask: async ({ method, url, body }, who = {}) => {
      as = who;
      let answer: Asked | undefined;
      let failure: unknown;
      http
        .inject({
          method: method as 'POST',
          url,
          headers: { host: 'localhost', ...(body !== undefined && { 'content-type': 'application/json' }) },
          ...(body !== undefined && { payload: JSON.stringify(body) }),
        })
        .then(
          (response) => {
            answer = { status: response.statusCode, body: response.body };
          },
          (error: unknown) => {
            failure = error ?? new Error('the request failed');
          },
        );
      for (let turns = 0; answer === undefined && failure === undefined && turns < TURNS_MAX; turns++) await settle();
      if (failure !== undefined) throw failure;
      return answer;
    },
    close: () => http.close(),
  };
};
