import { pipeline } from 'node:stream';
import { promisify } from 'node:util';
import { createGzip, gzip } from 'node:zlib';
import { isSliced, markSliced } from '../slices.ts';
import type { Server } from '../surroundings.ts';
import { varyBy } from './vary.ts';

/** Below it a body fits into one packet either way, bytes. */
export const MIN_COMPRESSED_BYTES = 1_024;

const zip = promisify(gzip);

/** Answers with an end are sent as gzip to who takes it. A stream of events never is: none must wait for a block to fill. */
export const compressAnswers = (server: Server): void => {
  server.addHook('onSend', async (request, reply, payload) => {
    const isLong = isSliced(payload);
    if (typeof payload !== 'string' && !Buffer.isBuffer(payload) && !isLong) return payload;
    if ((!isLong && Buffer.byteLength(payload) < MIN_COMPRESSED_BYTES) || reply.hasHeader('content-encoding')) return payload;
    varyBy(reply, 'Accept-Encoding');
    if (!takesGzip(request.headers['accept-encoding'])) return payload;
    reply.header('content-encoding', 'gzip');
    reply.removeHeader('content-length');
    if (!isLong) return zip(payload);
    // Where either ends early, so does the other; the server learns it from what it sends.
    return markSliced(pipeline(payload, createGzip(), () => {}));
  });
};

/** RFC 9110, 12.5.3: named, or meant by `*`, with a weight that is not 0. */
const takesGzip = (header: string | string[] | undefined): boolean => {
  const weights = new Map(
    String(header ?? '')
      .toLowerCase()
      .split(',')
      .map((part) => part.split(';').map((text) => text.trim()))
      .map(([name = '', weight = 'q=1']) => [name, Number(weight.replace(/^q=/, ''))]),
  );
  return (weights.get('gzip') ?? weights.get('*') ?? 0) > 0;
};
