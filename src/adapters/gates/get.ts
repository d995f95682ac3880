import http from 'node:http';
import https from 'node:https';
import type { HttpQuestion } from '../../domain/ports/gates.ts';

/** Sockets to all gates' sources together, of each scheme. */
const SOCKETS = 256;

const plain = new http.Agent({ keepAlive: false, maxTotalSockets: SOCKETS });
const checked = new https.Agent({ keepAlive: false, maxTotalSockets: SOCKETS });
const unchecked = new https.Agent({ keepAlive: false, maxTotalSockets: SOCKETS, rejectUnauthorized: false });

export type Got = { readonly status: number; readonly body: string } | { readonly cause: string };

/**
 * GET once, on a connection of its own; redirections are answers.
 * @param bodyLimit bytes; 0: the status is all that is read. A longer body is a failure.
 */
export const get = ({ url, timeoutMs, verifyTls }: HttpQuestion, bodyLimit: number): Promise<Got> =>
  new Promise((resolve) => {
    let request: http.ClientRequest | undefined;
    const settle = (got: Got): void => {
      clearTimeout(deadline);
      resolve(got);
      request?.destroy();
    };
    const fail = (error: unknown): void => settle({ cause: causeOf(error) });
    const deadline = setTimeout(() => settle({ cause: `no answer in ${timeoutMs} ms` }), timeoutMs);
    try {
      request = client(url, verifyTls);
    } catch (error) {
      return fail(error);
    }
    request.on('upgrade', ({ statusCode = 101 }) => settle({ status: statusCode, body: '' }));
    request.on('response', (response) => {
      const { statusCode = 0 } = response;
      if (bodyLimit === 0) return settle({ status: statusCode, body: '' });
      const chunks: Buffer[] = [];
      let length = 0;
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        length += chunk.length;
        if (length > bodyLimit) settle({ cause: `the answer is longer than ${bodyLimit} bytes` });
      });
      response.on('end', () => settle({ status: statusCode, body: Buffer.concat(chunks).toString() }));
      response.on('error', fail);
      response.on('close', () => settle({ cause: 'the answer broke off' }));
    });
    request.on('error', fail);
    request.end();
  });

const client = (url: string, verifyTls: boolean): http.ClientRequest => {
  const headers = { 'user-agent': 'wharfinger', accept: '*/*', connection: 'close' };
  if (!url.startsWith('https:')) return http.request(url, { agent: plain, headers });
  return https.request(url, { agent: verifyTls ? checked : unchecked, headers });
};

const causeOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  // Of several addresses that were tried, each has its own error and the whole has no message.
  const { message, code } = error as NodeJS.ErrnoException;
  return message || code || error.name;
};
