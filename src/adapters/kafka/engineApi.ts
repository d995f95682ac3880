import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import type { CommandData, ReplyData } from './commandForms.ts';

/** The engine's own API through its unix socket: what it says to a command is what it says to anybody. */
export type EngineApi = {
  /** @param root the UUID that the request is recorded under. @throws Error where no engine answers */
  exchange(data: CommandData, root: string, traceparent?: string): Promise<ReplyData>;
  /** What became of a request, as the log recorded it; undefined where it is not recorded. @throws Error where no engine answers */
  recorded(root: string): Promise<Outcome | undefined>;
};

export type Outcome = { readonly kind: 'accepted' } | { readonly kind: 'refused'; readonly code: string; readonly message: string };

/** A request that takes longer counts as not answered, ms. */
const ANSWER_MAX_MS = 60_000;
/** Longest body of an answer that a reply carries, bytes: brokers take messages of a mebibyte unless told otherwise. */
export const REPLY_BODY_MAX = 768 * 1024;

/** Headers of an answer that say something of it. */
const TOLD = ['location', 'marathon-deployment-id', 'retry-after', 'warning', 'x-wharf-position'] as const;

type Answer = { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: unknown };

/** @param principal whom the commands are recorded as asked by, such as `kafka:wharf` */
export const engineApi = (socketPath: string, principal: string): EngineApi => {
  const ask = (method: string, path: string, headers: Readonly<Record<string, string>>, body?: unknown): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const payload = body === undefined ? undefined : JSON.stringify(body);
      const outgoing = request(
        {
          socketPath,
          method,
          path,
          agent: false,
          timeout: ANSWER_MAX_MS,
          headers: {
            host: 'localhost',
            accept: 'application/json',
            ...headers,
            ...(payload !== undefined && { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(payload)) }),
          },
        },
        (answer) => {
          text(answer).then((whole) => {
            const told = TOLD.flatMap((name) => {
              const value = answer.headers[name];
              return value === undefined ? [] : [[name, String(value)] as const];
            });
            resolve({ status: answer.statusCode ?? 0, headers: Object.fromEntries(told), body: bodyOf(whole) });
          }, reject);
        },
      );
      outgoing.on('timeout', () => outgoing.destroy(new Error(`the engine did not answer within ${ANSWER_MAX_MS / 1000} s`)));
      outgoing.on('error', reject);
      outgoing.end(payload);
    });

  return {
    exchange: async ({ method, path, body }, root, traceparent) => {
      const headers = { 'x-wharf-on-behalf-of': principal, 'x-wharf-request-id': root, ...(traceparent !== undefined && { traceparent }) };
      const answer = await ask(method, path, headers, body);
      return { status: answer.status, headers: answer.headers, ...(answer.body !== undefined && { body: answer.body }) };
    },
    recorded: async (root) => {
      const { status, body } = await ask('GET', `/v1/events?stream=request-${root}&limit=1`, {});
      const found = body as { readonly facts?: readonly { readonly data: { readonly outcome: Outcome } }[] } | undefined;
      if (status !== 200 || found?.facts === undefined) throw new Error(`the engine does not tell its history: HTTP status ${status}`);
      return found.facts[0]?.data.outcome;
    },
  };
};

const bodyOf = (whole: string): unknown => {
  if (whole === '') return undefined;
  const bytes = Buffer.byteLength(whole);
  if (bytes > REPLY_BODY_MAX) return { message: `The answer has ${bytes} bytes and is too large for a message` };
  try {
    return JSON.parse(whole);
  } catch {
    return whole;
  }
};
