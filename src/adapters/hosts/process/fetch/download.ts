import { createReadStream, createWriteStream } from 'node:fs';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { fileURLToPath } from 'node:url';

/** Bytes; a larger artifact is refused. */
export const ARTIFACT_MAX_BYTES = 4 * 1024 ** 3;
/** Milliseconds for one artifact, from connect to the last byte. */
export const ARTIFACT_TIMEOUT_MS = 10 * 60_000;

export type DownloadLimits = { readonly maxBytes: number; readonly timeoutMs: number };

/** Copies what the URL names to `file`. Throws with a message for people when it can't, or when a limit is passed. */
export const download = async (
  url: URL,
  file: string,
  limits: DownloadLimits = { maxBytes: ARTIFACT_MAX_BYTES, timeoutMs: ARTIFACT_TIMEOUT_MS },
): Promise<void> => {
  const signal = AbortSignal.timeout(limits.timeoutMs);
  try {
    await pipeline(await open(url, signal), limitedTo(limits.maxBytes), createWriteStream(file, { mode: 0o600, flags: 'wx' }), { signal });
  } catch (error) {
    if (signal.aborted) throw new Error(`took longer than ${limits.timeoutMs} ms`);
    throw error;
  }
};

const open = async (url: URL, signal: AbortSignal): Promise<Readable> => {
  if (url.protocol === 'file:') return createReadStream(fileURLToPath(url));
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new Error(`${url.protocol} is none of file:, http:, https:`);
  const { address, headers } = withCredentials(url);
  const response = await fetch(address, { signal, headers });
  if (!response.ok || response.body === null) throw new Error(`the server answered ${response.status} ${response.statusText}`.trim());
  return Readable.fromWeb(response.body as ReadableStream);
};

/** fetch() refuses a URL that holds credentials; they go into the header (RFC 7617). */
const withCredentials = (url: URL): { address: URL; headers: Record<string, string> } => {
  if (url.username === '' && url.password === '') return { address: url, headers: {} };
  const address = new URL(url);
  address.username = '';
  address.password = '';
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return { address, headers: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` } };
};

/** Passes bytes on until there are more than `maxBytes`, then fails. */
export const limitedTo = (maxBytes: number): Transform => {
  let seen = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      seen += chunk.length;
      if (seen > maxBytes) done(new Error(`is larger than ${maxBytes} bytes`));
      else done(null, chunk);
    },
  });
};
