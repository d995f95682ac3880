import type { LogLine } from '../../../domain/ports/hosts.ts';

/** A piece of output with the stream it came from. */
export type Piece = { readonly stream: LogLine['stream']; readonly bytes: Buffer };

const HEADER_BYTES = 8;
const STDERR = 2;

/**
 * Takes apart the engine's multiplexed output (Engine API, "Stream format" of ContainerAttach): a stream byte, three zeros,
 * the payload's length as a big-endian 32-bit number, the payload. Pieces may be cut anywhere.
 * @param tty a terminal has one stream and no framing.
 */
export const unframe = (tty: boolean): ((chunk: Buffer) => readonly Piece[]) => {
  if (tty) return (bytes) => [{ stream: 'stdout', bytes }];
  let pending: Buffer = Buffer.alloc(0);
  return (chunk) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    const pieces: Piece[] = [];
    let at = 0;
    while (pending.length - at >= HEADER_BYTES) {
      const length = pending.readUInt32BE(at + 4);
      if (pending.length - at - HEADER_BYTES < length) break;
      const start = at + HEADER_BYTES;
      pieces.push({ stream: pending[at] === STDERR ? 'stderr' : 'stdout', bytes: pending.subarray(start, start + length) });
      at = start + length;
    }
    pending = pending.subarray(at);
    return pieces;
  };
};

/** Longer lines are cut here, so that output without a line feed takes no unbounded memory. */
const LINE_BYTES_MAX = 64 * 1024;
const LINE_FEED = 0x0a;

/** Puts pieces together to lines, one text per stream at a time; `rest` is what was left without a line feed. */
export const linesOf = (): { push(piece: Piece): readonly LogLine[]; rest(): readonly LogLine[] } => {
  const partial: Record<LogLine['stream'], Buffer> = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
  return {
    push: ({ stream, bytes }) => {
      const lines: LogLine[] = [];
      let text = partial[stream].length === 0 ? bytes : Buffer.concat([partial[stream], bytes]);
      for (let end = text.indexOf(LINE_FEED); end >= 0; end = text.indexOf(LINE_FEED)) {
        lines.push(stamped(stream, text.subarray(0, end)));
        text = text.subarray(end + 1);
      }
      if (text.length >= LINE_BYTES_MAX) {
        lines.push(stamped(stream, text));
        text = Buffer.alloc(0);
      }
      partial[stream] = text;
      return lines;
    },
    rest: () =>
      (['stdout', 'stderr'] as const).flatMap((stream) => (partial[stream].length === 0 ? [] : [stamped(stream, partial[stream])])),
  };
};

/** With `timestamps` each line begins with an RFC 3339 time in nanoseconds and a space. */
const STAMP = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d) ?/;

const stamped = (stream: LogLine['stream'], bytes: Buffer): LogLine => {
  const line = bytes.toString('utf8').replace(/\r$/, '');
  const match = STAMP.exec(line);
  if (match === null) return { stream, text: line };
  const at = Date.parse(`${match[1]}${(match[2] ?? '').slice(0, 4)}${match[3]}`);
  return { stream, at, text: line.slice(match[0].length) };
};
