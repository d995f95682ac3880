import http from 'node:http';
import https from 'node:https';
import type { Millis } from '../../domain/kernel/units.ts';
import type { ProbeAnswer, ProbeTarget } from '../../domain/ports/probes.ts';

type HttpTarget = Extract<ProbeTarget, { kind: 'http' }>;

/** Sockets to all instances together; more than the prober asks for at once, so that a closing one holds up nobody. */
const SOCKETS = 512;
/** What is kept of a body, bytes. */
const BODY_LIMIT = 64 * 1024;

const plain = new http.Agent({ keepAlive: false, maxTotalSockets: SOCKETS });
/** Certificates are not verified, as Marathon does not: the instance is asked by its address, which no certificate names. */
const tls = new https.Agent({ keepAlive: false, maxTotalSockets: SOCKETS, rejectUnauthorized: false });

/** GET once, on a connection of its own; redirections are answers. Interim answers (RFC 9110 §15.2) count only when no other comes in time. */
export const httpProbe = (target: HttpTarget, timeoutMs: Millis): Promise<ProbeAnswer> =>
  new Promise((resolve) => {
    let interim: ProbeAnswer | undefined;
    let request: http.ClientRequest | undefined;
    const settle = (answer: ProbeAnswer): void => {
      clearTimeout(deadline);
      resolve(answer);
      request?.destroy();
    };
    const fail = (cause: string): void => settle(interim ?? { _tag: 'Failed', cause });
    const deadline = setTimeout(() => fail(`no answer in ${timeoutMs} ms`), timeoutMs);
    try {
      request = client(target);
    } catch (error) {
      return fail(causeOf(error)); // a path that no request line can hold
    }
    request.on('information', ({ statusCode }) => {
      interim = answered(statusCode);
    });
    request.on('upgrade', ({ statusCode }) => settle(answered(statusCode ?? 101)));
    request.on('response', (response) => {
      const { statusCode = 0, headers } = response;
      if (!target.keepsBody) return settle(answered(statusCode, headers['content-type']));
      let body = Buffer.alloc(0);
      const end = (): void => settle(answered(statusCode, headers['content-type'], body.subarray(0, BODY_LIMIT).toString()));
      response.on('data', (chunk: Buffer) => {
        body = Buffer.concat([body, chunk]);
        if (body.length >= BODY_LIMIT) end();
      });
      response.on('end', end);
      response.on('error', (error) => fail(causeOf(error)));
    });
    request.on('error', (error) => fail(causeOf(error)));
    request.end();
  });

const client = ({ scheme, address, port, path, family }: HttpTarget): http.ClientRequest => {
  const options = { host: address, port, path, family, headers: { 'user-agent': 'wharfinger', accept: '*/*', connection: 'close' } };
  return scheme === 'https' ? https.request({ ...options, agent: tls }) : http.request({ ...options, agent: plain });
};

const answered = (status: number, contentType = '', body = ''): ProbeAnswer => ({ _tag: 'Answered', status, contentType, body });

const causeOf = (error: unknown): string => (error instanceof Error ? error.message || error.name : String(error));
