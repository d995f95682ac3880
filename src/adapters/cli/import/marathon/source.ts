import { type IncomingMessage, request as plain } from 'node:http';
import { request as secure } from 'node:https';
import { rootCertificates } from 'node:tls';
import { type Json, SILENCE_MAX_MS } from '../../client.ts';
import { CliFailure, EXIT } from '../../failure.ts';
import { printable } from '../../render.ts';
import { type Inventory, inventoryOf } from './inventory.ts';
import { type Address, authorizationsOf } from './login.ts';

/** Largest answer that is read, in bytes (256 MiB): some hundred thousand definitions. */
export const ANSWER_MAX_BYTES = 256 * 1024 * 1024;
const REDIRECTS_MAX = 3;

export type Source = Inventory & { readonly where: string; readonly version?: string };

export type SourceOptions = {
  /** Certificates of authorities to trust besides the system's, in PEM. */
  readonly ca?: string;
  readonly signal: AbortSignal;
};

/** All that a running Marathon holds. Reads only. @throws CliFailure saying why not. */
export const readSource = async (address: Address, options: SourceOptions): Promise<Source> => {
  const find = findIn(address, options);
  const info = await find('/v2/info');
  const inventory = await inventoryOf(find);
  if (inventory === undefined) throw new CliFailure(`${address.where} answers, but is no Marathon: it has neither groups nor apps`);
  return { ...inventory, where: address.where, ...(typeof info?.version === 'string' && { version: printable(info.version) }) };
};

const findIn = (address: Address, options: SourceOptions) => {
  const [first, ...others] = authorizationsOf(address);
  let authorization = first;
  return async (path: string): Promise<Json | undefined> => {
    const url = new URL(`${address.where}${path}`);
    let answer = await ask(url, address, authorization, options);
    for (const other of answer.status === 401 ? others : []) {
      if (other === authorization) continue;
      const again = await ask(url, address, other, options);
      if (again.status !== 401) [answer, authorization] = [again, other];
    }
    return bodyOf(answer, path, address);
  };
};

type Answer = { readonly status: number; readonly type: string; readonly text: string };

const bodyOf = ({ status, type, text }: Answer, path: string, { where, login }: Address): Json | undefined => {
  if (status === 401)
    throw new CliFailure(
      login.kind === 'none'
        ? `${where} wants a login: user:password@ in the address, or --token`
        : `${where} does not accept this login (401)`,
    );
  if (status === 403) throw new CliFailure(`${where} does not let this login read ${path.replace(/\?.*/, '')} (403)`);
  // Marathon answers 500 where it has no such path, and what stands before it 404 or 405.
  if (status === 404 || status === 405 || (status === 500 && text.includes('URI not found'))) return undefined;
  if (status >= 400) throw new CliFailure(`${where} answered ${status} for ${path}: ${printable(text.slice(0, 200))}`);
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch {
    throw new CliFailure(`${where} answers, but is no Marathon: ${path.replace(/\?.*/, '')} is ${printable(type) || 'no JSON'}`);
  }
};

const ask = async (url: URL, { where }: Address, authorization: string | undefined, options: SourceOptions): Promise<Answer> => {
  let at = url;
  for (let redirects = 0; ; redirects++) {
    const answer = await send(at, where, authorization, options);
    const status = answer.statusCode ?? 0;
    const { location } = answer.headers;
    if (![301, 302, 303, 307, 308].includes(status) || location === undefined)
      return { status, type: answer.headers['content-type'] ?? '', text: await textOf(answer, where) };
    answer.destroy();
    const next = new URL(location, at);
    // A login goes to the host that it was meant for, and to nobody that this one names.
    if (next.hostname !== url.hostname || redirects === REDIRECTS_MAX || (at.protocol === 'https:' && next.protocol === 'http:'))
      throw new CliFailure(`${where} sends on to ${printable(next.origin + next.pathname)}; give the address that answers`);
    at = next;
  }
};

const send = (url: URL, where: string, authorization: string | undefined, { ca, signal }: SourceOptions): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const options = {
      agent: false as const,
      timeout: SILENCE_MAX_MS,
      signal,
      headers: { accept: 'application/json', ...(authorization !== undefined && { authorization }) },
    };
    const outgoing =
      url.protocol === 'https:'
        ? secure(url, { ...options, ...(ca !== undefined && { ca: [...rootCertificates, ca] }) }, resolve)
        : plain(url, options, resolve);
    outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer within ${SILENCE_MAX_MS / 1000} s`)));
    outgoing.on('error', (error) => reject(signal.aborted ? error : unreachable(where, error)));
    outgoing.end();
  });

const textOf = async (answer: IncomingMessage, where: string): Promise<string> => {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > ANSWER_MAX_BYTES) throw new CliFailure(`${where} answers more than ${ANSWER_MAX_BYTES} bytes`);
      chunks.push(chunk);
    }
  } catch (error) {
    throw error instanceof CliFailure ? error : unreachable(where, error as Error);
  }
  return Buffer.concat(chunks).toString('utf8');
};

const CERTIFICATE = /CERT|ISSUER|SELF_SIGNED|VERIFY|ALTNAME/;

const unreachable = (where: string, error: NodeJS.ErrnoException): CliFailure => {
  const { code = '', message } = error;
  const exitCode = EXIT.unreachable;
  if (CERTIFICATE.test(code))
    return new CliFailure(`the certificate of ${where} is not trusted: ${printable(message)}`, {
      exitCode,
      details: code.includes('ALTNAME') || code.includes('EXPIRED') ? [] : ["--ca names a file with its authority's certificate"],
    });
  if (code === 'EPROTO') return new CliFailure(`${where} does not speak TLS; is it http://?`, { exitCode });
  return new CliFailure(`no Marathon answers at ${where}: ${printable(WORDS[code] ?? message)}`, { exitCode });
};

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'the name cannot be resolved',
  EHOSTUNREACH: 'no way to the host',
  ENETUNREACH: 'no way to the network',
  ECONNRESET: 'it hung up',
};
