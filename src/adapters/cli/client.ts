import { type IncomingMessage, request } from 'node:http';
import { text as whole } from 'node:stream/consumers';
import type { Connection } from './connection.ts';
import { CliFailure, EXIT, usage } from './failure.ts';
import { problemOf } from './problem.ts';

/** Longest silence of an engine that has a request, ms; an event stream says something every ten seconds. */
export const SILENCE_MAX_MS = 30_000;

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
// biome-ignore lint/suspicious/noExplicitAny: an answer is what the API says it is; each reader names the fields it takes.
export type Json = any;
export type Call = { readonly body?: unknown; readonly silenceMs?: number; readonly signal?: AbortSignal };

export type Client = {
  /** For people: the socket's path or the address. */
  readonly where: string;
  /** The moment as of which the last answer was given, ms since 1970; undefined for the present. */
  asOf(): number | undefined;
  /** @throws CliFailure for whatever is no success: exit code 3 where nobody answers. */
  ask(method: Method, path: string, call?: Call): Promise<Json>;
  /** As `ask`, for those who read refusals themselves. @throws CliFailure where nobody answers */
  exchange(method: Method, path: string, call?: Call): Promise<{ readonly status: number; readonly body: Json | undefined }>;
  /** As `ask`, of a call that begins a deployment and names it in a header alone. */
  begin(method: Method, path: string, call?: Call): Promise<{ readonly body: Json; readonly deployment: string }>;
  /** As `ask`, undefined for 404. */
  find(path: string): Promise<Json | undefined>;
  /** The body as it comes. Ends with the connection, or with the signal. */
  read(path: string, call?: Call): AsyncGenerator<string, void>;
};

export type ClientOptions = {
  /** Told what an answer warns of. */
  readonly onWarning?: (text: string) => void;
  /** The moment as of which everything is read, as it was written. */
  readonly at?: string;
};

export const createClient = (connection: Connection, { onWarning = () => {}, at }: ClientOptions = {}): Client => {
  const { where } = connection;
  let standsAt: number | undefined;
  const send = async (method: Method, asked: string, call: Call): Promise<IncomingMessage> => {
    const answer = await sendTo(connection, method, asked, call);
    const { location } = answer.headers;
    if (answer.statusCode !== 307 || location === undefined || connection.kind !== 'tcp' || !URL.canParse(location)) return answer;
    // An engine that stands by, and was told to show the way to the one that leads.
    answer.resume();
    return sendTo({ ...connection, url: new URL(location) }, method, asked, call);
  };
  const sendTo = (
    to: Connection,
    method: Method,
    asked: string,
    { body, silenceMs = SILENCE_MAX_MS, signal }: Call,
  ): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      if (at !== undefined && method !== 'GET') return reject(usage('--at and --log are for commands that only read'));
      const path = at === undefined ? asked : asOf(asked, at);
      const payload = body === undefined ? undefined : JSON.stringify(body);
      const outgoing = request(
        {
          ...addressOf(to),
          method,
          path,
          agent: false,
          timeout: silenceMs,
          ...(signal !== undefined && { signal }),
          headers: {
            accept: 'application/json, text/event-stream;q=0.9, */*;q=0.8',
            ...(payload !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) }),
            ...(to.kind === 'tcp' && to.token !== undefined && { authorization: `Bearer ${to.token}` }),
          },
        },
        (answer) => {
          const moment = answer.headers['x-wharf-at'];
          // One that stands by says of everything how old it is; that is no moment that was asked for.
          if (typeof moment === 'string' && /[?&]at=/.test(path)) standsAt = Date.parse(moment);
          resolve(answer);
        },
      );
      outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer within ${silenceMs / 1000} s`)));
      outgoing.on('error', (error) => reject(signal?.aborted === true ? error : unreachable(where, error)));
      outgoing.end(payload);
    });

  /** The whole body; an engine that goes away in the middle of it is away, as before its first word. */
  const bodyOf = async (answer: IncomingMessage): Promise<Json> => {
    const body = await whole(answer).catch((error: Error) => Promise.reject(unreachable(where, error)));
    return parsed(body);
  };

  const open = async (method: Method, path: string, call: Call): Promise<IncomingMessage> => {
    const answer = await send(method, path, call);
    for (const value of answer.headersDistinct.warning ?? []) onWarning(warningText(value));
    const status = answer.statusCode ?? 0;
    if (status < 400) return answer;
    throw problemOf(status, await bodyOf(answer), where);
  };

  const ask: Client['ask'] = async (method, path, call = {}) => bodyOf(await open(method, path, call));
  const exchange: Client['exchange'] = async (method, path, call = {}) => {
    const answer = await send(method, path, call);
    return { status: answer.statusCode ?? 0, body: await bodyOf(answer) };
  };
  return {
    where,
    asOf: () => standsAt,
    ask,
    exchange,
    begin: async (method, path, call = {}) => {
      const answer = await open(method, path, call);
      return { deployment: String(answer.headers['marathon-deployment-id'] ?? ''), body: await bodyOf(answer) };
    },
    find: async (path) => {
      const { status, body } = await exchange('GET', path);
      if (status === 404) return undefined;
      if (status >= 400) throw problemOf(status, body, where);
      return body;
    },
    read: async function* (path, call = {}) {
      const answer = await open('GET', path, call);
      answer.setEncoding('utf8');
      try {
        for await (const chunk of answer) yield chunk as string;
      } catch (error) {
        if (call.signal?.aborted !== true) throw unreachable(where, error as Error);
      } finally {
        answer.destroy();
      }
    },
  };
};

/** The sentence in a `Warning` header: code, agent, quoted text. */
const warningText = (value: string): string => {
  const [, quoted] = /^\d{3} \S+ "((?:[^"\\]|\\.)*)"/.exec(value) ?? [];
  return quoted === undefined ? value : quoted.replace(/\\(.)/g, '$1');
};

const addressOf = (connection: Connection) =>
  connection.kind === 'unix'
    ? { socketPath: connection.socketPath, host: 'localhost' }
    : { host: connection.url.hostname.replace(/^\[|\]$/g, ''), port: connection.url.port || 80 };

const parsed = (text: string): Json => {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    return { message: text.slice(0, 200) };
  }
};

/** Nobody there reads differently from somebody who went away in the middle. */
const unreachable = (where: string, error: NodeJS.ErrnoException): CliFailure => {
  const nobody = ['ENOENT', 'ECONNREFUSED', 'EHOSTUNREACH', 'ENOTFOUND', 'ENETUNREACH'].includes(error.code ?? '');
  if (nobody) return new CliFailure(`no engine answers at ${where}; start one with 'wharf serve'`, { exitCode: EXIT.unreachable });
  if (error.code === 'EACCES') return new CliFailure(`${where} may not be opened by this user`, { exitCode: EXIT.unreachable });
  return new CliFailure(`the engine at ${where} did not finish its answer: ${error.message}`, { exitCode: EXIT.unreachable });
};

/** A path that names a moment of its own keeps it. */
const asOf = (path: string, at: string): string =>
  /[?&]at=/.test(path) ? path : `${path}${path.includes('?') ? '&' : '?'}at=${encodeURIComponent(at)}`;
