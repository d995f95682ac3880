import { Readable } from 'node:stream';
import { longSize, piecesOf } from './longList.ts';
import type { Server } from './surroundings.ts';

/** An answer whose long lists have at most so many elements is made in one go. */
export const WHOLE_ELEMENTS = 1_000;
/** How long one slice of a long list is worked on before others have their turn, ms. */
export const SLICE_MS = 4;
/** Text that waits for a client which reads slowly, bytes; more is made when there is room. */
const WAITING_BYTES = 256 * 1024;

const sliced = new WeakSet<object>();

/** Whether what is sent is an answer with an end, in slices, and no stream of events. */
export const isSliced = (payload: unknown): payload is Readable => typeof payload === 'object' && payload !== null && sliced.has(payload);

/** What is made of such an answer is one, too. */
export const markSliced = <Stream extends object>(stream: Stream): Stream => {
  sliced.add(stream);
  return stream;
};

/**
 * Long lists are made and sent in slices, and whoever else asks is answered between two of them. The rows are those that there were when it was
 * asked, each tells what holds when its slice is made.
 */
export const sliceLongLists = (server: Server): void => {
  server.addHook('preSerialization', async (request, reply, payload) => {
    if (longSize(payload) <= WHOLE_ELEMENTS) return payload;
    // A stream may be answered, too, by the time that this is called; the type knows of texts only.
    const serialize: (answer: unknown) => unknown = (answer) => streamOf(request.method === 'HEAD' ? [] : piecesOf(answer));
    reply.serializer(serialize as (answer: unknown) => string);
    return payload;
  });
};

const streamOf = (pieces: Iterable<string>): Readable =>
  markSliced(Readable.from(slicesOf(pieces), { objectMode: false, highWaterMark: WAITING_BYTES }));

async function* slicesOf(pieces: Iterable<string>): AsyncGenerator<Buffer, void> {
  let text = '';
  let until = performance.now() + SLICE_MS;
  for (const piece of pieces) {
    text += piece;
    if (performance.now() < until) continue;
    yield Buffer.from(text);
    text = '';
    await turn();
    until = performance.now() + SLICE_MS;
  }
  if (text !== '') yield Buffer.from(text);
}

let last: Promise<void> = Promise.resolve();

/** Resolves once the event loop has turned; of all that wait, one in each turn, so that many lists hold nobody up longer than one. */
const turn = (): Promise<void> => {
  last = last.then(() => new Promise((resolve) => setImmediate(resolve)));
  return last;
};
