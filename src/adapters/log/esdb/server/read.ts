import StreamsMessages from '@eventstore/db-client/generated/streams_pb.js';
import { type handleServerStreamingCall, status } from '@grpc/grpc-js';
import type { Direction, EventStore, StoreEvent } from '../../../../domain/ports/eventStore.ts';
import { invalid, serviceError, streamDeleted, unavailable } from './faults.ts';
import { type EventFilter, filterIn } from './filters.ts';
import { type Outgoing, outgoingOf } from './outgoing.ts';
import { type EventForm, readAnswer } from './recordedEvents.ts';
import type { ServiceContext } from './rpcs.ts';
import { streamIn, streamMessage } from './streamNames.ts';
import { followAll, followStream } from './subscriptions.ts';

type ReadReq = StreamsMessages.ReadReq;
type ReadResp = StreamsMessages.ReadResp;
const { ReadReq, ReadResp } = StreamsMessages;

/** Events that are taken from the store at once. */
export const PAGE = 128;
/** Places beyond this are the end. */
const PLACE_MAX = 2n ** 63n - 1n;

/** Reads of streams and of all, once or for ever. */
export const readHandler =
  ({ store, closing }: ServiceContext): handleServerStreamingCall<ReadReq, ReadResp> =>
  (call) => {
    const out = outgoingOf(call, closing, () => unavailable('the server closes'));
    answer(store, call.request.getOptions(), out).catch((error: Error) =>
      out.fail('code' in error ? (error as never) : serviceError(status.UNKNOWN, error.message)),
    );
  };

const answer = async (store: EventStore, options: StreamsMessages.ReadReq.Options | undefined, out: Outgoing<ReadResp>): Promise<void> => {
  if (options === undefined) throw invalid('a read has options');
  const form: EventForm = {
    uuids: options.getUuidOption()?.hasStructured() === true ? 'structured' : 'string',
    resolveLinks: options.getResolveLinks(),
  };
  const filter = filterOf(options);
  const direction: Direction = options.getReadDirection() === ReadReq.Options.ReadDirection.BACKWARDS ? 'backwards' : 'forwards';
  const ofStream = options.getStream();
  if (options.hasSubscription()) {
    if (direction === 'backwards') throw invalid('a subscription goes forwards');
    if (ofStream === undefined) return followAll(store, afterOf(store, options), filter, form, out);
    return followStream(store, streamOf(ofStream), afterRevisionOf(ofStream), form, out);
  }
  const max = BigInt(options.getCount() || '0');
  const pages = ofStream === undefined ? allPages(store, options, direction) : streamPages(store, ofStream, direction, max);
  const missing = await writePages(store, pages, { max, filter, form }, out);
  if (missing === 'deleted') throw streamDeleted(streamOf(ofStream));
  if (missing === 'no stream')
    await out.write(new ReadResp().setStreamNotFound(new ReadResp.StreamNotFound().setStreamIdentifier(streamMessage(streamOf(ofStream)))));
  out.end();
};

type Pages = Generator<readonly StoreEvent[], 'deleted' | 'no stream' | undefined>;
type Wanted = { readonly max: bigint; readonly filter: EventFilter | undefined; readonly form: EventForm };

const writePages = async (store: EventStore, pages: Pages, { max, filter, form }: Wanted, out: Outgoing<ReadResp>) => {
  let left = max;
  for (let page = pages.next(); left > 0n; page = pages.next()) {
    if (page.done === true) return page.value;
    for (const event of page.value) {
      if (filter !== undefined && !filter.takes(event)) continue;
      if (!(await out.write(readAnswer(store, event, form)))) return undefined;
      left--;
      if (left === 0n) return undefined;
    }
    if (filter !== undefined) await new Promise(setImmediate);
    if (out.isOver()) return undefined;
  }
  return undefined;
};

function* streamPages(store: EventStore, options: StreamsMessages.ReadReq.Options.StreamOptions, direction: Direction, max: bigint): Pages {
  const stream = streamOf(options);
  let from: number | 'end' = options.hasEnd() ? 'end' : options.hasStart() ? 0 : revisionIn(options.getRevision());
  for (;;) {
    const page: ReturnType<EventStore['readStream']> = store.readStream(stream, {
      from,
      direction,
      max: max < PAGE ? Math.max(1, Number(max)) : PAGE,
    });
    if (page === 'deleted') return 'deleted';
    if (page === undefined) return 'no stream';
    const last = page.at(-1);
    if (last === undefined) return undefined;
    yield page;
    if (direction === 'backwards' && last.revision === 0) return undefined;
    from = last.revision + (direction === 'forwards' ? 1 : -1);
  }
}

function* allPages(store: EventStore, options: StreamsMessages.ReadReq.Options, direction: Direction): Pages {
  let from = placeOf(options);
  for (;;) {
    const page: readonly StoreEvent[] = store.readAll({ from, direction, max: PAGE });
    const last = page.at(-1);
    if (last === undefined) return undefined;
    yield page;
    from = direction === 'forwards' ? last.position + 1n : last.position;
  }
}

const filterOf = (options: StreamsMessages.ReadReq.Options): EventFilter | undefined => {
  const found = options.getFilter();
  if (found === undefined) return undefined;
  try {
    return filterIn(found);
  } catch (error) {
    throw invalid(`the filter can't be used: ${(error as Error).message}`);
  }
};

const streamOf = (options: StreamsMessages.ReadReq.Options.StreamOptions | undefined): string => {
  const stream = streamIn(options?.getStreamIdentifier());
  if (stream === '') throw invalid('a stream has a name');
  return stream;
};

/** Where a read of all begins. */
const placeOf = (options: StreamsMessages.ReadReq.Options): bigint | 'end' => {
  const all = options.getAll();
  if (all === undefined || all.hasEnd()) return 'end';
  if (all.hasStart()) return 0n;
  const place = BigInt(all.getPosition()?.getCommitPosition() ?? '0');
  return place > PLACE_MAX ? 'end' : place;
};

/** Behind what a subscription to all begins. */
const afterOf = (store: EventStore, options: StreamsMessages.ReadReq.Options): bigint => {
  const place = placeOf(options);
  return place === 'end' ? store.head() : place;
};

const afterRevisionOf = (options: StreamsMessages.ReadReq.Options.StreamOptions): number | 'end' => {
  if (options.hasEnd()) return 'end';
  if (options.hasStart()) return -1;
  const after = revisionIn(options.getRevision());
  return after;
};

const revisionIn = (text: string): number | 'end' => (BigInt(text) > BigInt(Number.MAX_SAFE_INTEGER) ? 'end' : Number(text));
