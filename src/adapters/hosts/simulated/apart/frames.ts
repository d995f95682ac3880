import type { Socket } from 'node:net';

/** A frame is its length in four bytes, big-endian, and that many bytes of JSON: a list of messages. */
const LENGTH_BYTES = 4;
/** A longer frame is no frame of ours, bytes. An inventory of a million instances is half of it. */
export const FRAME_MAX_BYTES = 2 ** 28;
/** Messages that share a frame, at most: who reads may answer the first before the last has come. */
const MESSAGES_MAX = 512;

/** Collects messages and writes those of one turn of the event loop together. */
export const frameWriter = (socket: Socket): ((message: unknown) => void) => {
  let waiting: unknown[] = [];
  const flush = (): void => {
    const messages = waiting;
    waiting = [];
    if (socket.destroyed) return;
    socket.cork();
    for (let from = 0; from < messages.length; from += MESSAGES_MAX) {
      const text = JSON.stringify(messages.length <= MESSAGES_MAX ? messages : messages.slice(from, from + MESSAGES_MAX));
      const frame = Buffer.allocUnsafe(LENGTH_BYTES + Buffer.byteLength(text));
      frame.writeUInt32BE(frame.length - LENGTH_BYTES, 0);
      frame.write(text, LENGTH_BYTES);
      socket.write(frame);
    }
    socket.uncork();
  };
  return (message) => {
    if (waiting.push(message) === 1) setImmediate(flush);
  };
};

/** Takes what comes and answers whole frames' messages. @throws Error for what is no frame */
export const frameReader = (): ((chunk: Buffer) => readonly unknown[]) => {
  let chunks: Buffer[] = [];
  let held = 0;
  /** Bytes that the first frame needs, its length included; unknown until its length has come. */
  let needed = LENGTH_BYTES;
  return (chunk) => {
    chunks.push(chunk);
    held += chunk.length;
    if (held < needed) return [];
    const bytes = chunks.length === 1 ? chunk : Buffer.concat(chunks, held);
    const messages: unknown[] = [];
    let at = 0;
    needed = LENGTH_BYTES;
    while (bytes.length - at >= LENGTH_BYTES) {
      const length = bytes.readUInt32BE(at);
      if (length > FRAME_MAX_BYTES) throw new Error(`a frame of ${length} bytes: at most ${FRAME_MAX_BYTES} are allowed`);
      if (bytes.length - at < LENGTH_BYTES + length) {
        needed = LENGTH_BYTES + length;
        break;
      }
      const list: unknown = JSON.parse(bytes.toString('utf8', at + LENGTH_BYTES, at + LENGTH_BYTES + length));
      if (!Array.isArray(list)) throw new Error('a frame that is no list of messages');
      for (const message of list) messages.push(message);
      at += LENGTH_BYTES + length;
    }
    chunks = at === bytes.length ? [] : [bytes.subarray(at)];
    held = bytes.length - at;
    return messages;
  };
};
