import { EventStoreDBClient } from '@eventstore/db-client';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import { StreamsClient } from '@eventstore/db-client/generated/streams_grpc_pb.js';
import streams from '@eventstore/db-client/generated/streams_pb.js';
import type { CallOptions, ClientReadableStream, Metadata } from '@grpc/grpc-js';
import type { WireEvent } from '../../wireEvent.ts';

/** A place in `$all`, as EventStoreDB names it: opaque, but in order. */
export type AllPosition = { readonly commit: string; readonly prepare: string };

/** An event as it came, byte for byte. */
export type ReadEvent = WireEvent & {
  readonly stream: string;
  readonly revision: number;
  /** ms since 1970, by the store's clock. */
  readonly created: number;
  readonly position: AllPosition;
};

export type AppendAnswer =
  | { readonly _tag: 'Appended'; readonly revision: number }
  | { readonly _tag: 'WrongRevision'; readonly actual: number };

/** One message of a subscription to `$all`. */
export type Followed =
  | { readonly _tag: 'Event'; readonly event: ReadEvent }
  /** Everything up to here was looked at; what the filter lets through has come. */
  | { readonly _tag: 'Checkpoint'; readonly position: AllPosition }
  | { readonly _tag: 'CaughtUp' };

/**
 * EventStoreDB's client, for bytes: its own calls parse JSON and print it again, while a fact's hash is over its text as it was written.
 * Connections, discovery, TLS, the change to another leader and credentials are the client's.
 */
export type Wire = {
  /** Classic append, at an exact revision; -1: the stream is new. @throws ServiceError of gRPC */
  append(stream: string, expected: number, events: readonly WireEvent[]): Promise<AppendAnswer>;
  /** What was and what comes, behind a place in `$all`, of streams whose names begin so. Ends by an error, or by `cancel`. */
  followAll(after: AllPosition | undefined, prefixes: readonly string[], onMessage: (message: Followed) => void): Promise<Following>;
  /** One stream from a revision; empty where there is none. */
  readStream(stream: string, from: number | 'end', max: number): Promise<readonly ReadEvent[]>;
  setMetadata(stream: string, metadata: { readonly $maxCount?: number }): Promise<void>;
  close(): Promise<void>;
};

export type Following = {
  /** @returns why it ended; undefined after `cancel` */
  readonly ended: Promise<Error | undefined>;
  pause(): void;
  resume(): void;
  cancel(): void;
};

/** What the client keeps for classes derived from it, and its factory makes none of them. */
type Inside = {
  execute<T>(client: typeof StreamsClient, name: string, action: (client: StreamsClient) => Promise<T>): Promise<T>;
  callArguments(base: { requiresLeader?: boolean }, options?: CallOptions): [Metadata, CallOptions];
  GRPCStreamCreator<T>(client: typeof StreamsClient, name: string, creator: (client: StreamsClient) => T): () => Promise<T>;
};

/** How long calls may take to end when the connection closes, ms. */
const CLOSING_MS = 1_000;
/** Considered events between two checkpoints, in windows of 32. */
const CHECKPOINT_INTERVAL = 32;

/** @param connection `esdb://…` or `esdb+discover://…`. @throws Error for one that can't be read */
export const openWire = (connection: string): Wire => {
  const client = EventStoreDBClient.connectionString(connection.replace(/^kurrentdb(\+discover)?:/, 'esdb$1:'));
  const inside = client as unknown as Inside;

  const read = (
    request: InstanceType<typeof streams.ReadReq>,
    options: CallOptions,
  ): Promise<ClientReadableStream<InstanceType<typeof streams.ReadResp>>> =>
    inside.GRPCStreamCreator(StreamsClient, 'read', (grpc) =>
      grpc.read(request, ...(inside.callArguments({}, options) as [Metadata, CallOptions])),
    )();

  return {
    append: (stream, expected, events) =>
      inside.execute(
        StreamsClient,
        'append',
        (grpc) =>
          new Promise<AppendAnswer>((resolve, reject) => {
            const [metadata, options] = inside.callArguments({ requiresLeader: true });
            const call = grpc.append(metadata, options, (error, answer) => {
              if (error !== null || answer === undefined) reject(error ?? new Error('no answer'));
              else resolve(answerOf(answer));
            });
            call.on('error', reject);
            call.write(appendTo(stream, expected));
            for (const event of events) call.write(proposed(event));
            call.end();
          }),
      ),
    followAll: async (after, prefixes, onMessage) => {
      const call = await read(followRequest(after, prefixes), { deadline: Number.POSITIVE_INFINITY });
      let isCancelled = false;
      const ended = new Promise<Error | undefined>((resolve) => {
        call.on('error', (error) => resolve(isCancelled ? undefined : error));
        call.on('end', () => resolve(isCancelled ? undefined : new Error('the store ended the subscription')));
      });
      call.on('data', (answer: InstanceType<typeof streams.ReadResp>) => {
        const message = followedIn(answer);
        if (message !== undefined) onMessage(message);
      });
      return {
        ended,
        pause: () => call.pause(),
        resume: () => call.resume(),
        cancel: () => {
          isCancelled = true;
          call.cancel();
        },
      };
    },
    readStream: async (stream, from, max) => {
      const call = await read(readRequest(stream, from, max), {});
      const found: ReadEvent[] = [];
      return new Promise((resolve, reject) => {
        call.on('data', (answer: InstanceType<typeof streams.ReadResp>) => {
          const event = answer.getEvent()?.getEvent();
          if (event !== undefined) found.push(eventIn(event));
        });
        call.on('error', reject);
        call.on('end', () => resolve(found));
      });
    },
    setMetadata: async (stream, metadata) => void (await client.setStreamMetadata(stream, { ...metadata })),
    // The client may wait for ever for the end of a call that failed before it was read.
    close: () => Promise.race([client.dispose(), new Promise<void>((done) => setTimeout(done, CLOSING_MS).unref())]),
  };
};

const identifierOf = (stream: string): InstanceType<typeof shared.StreamIdentifier> => {
  const identifier = new shared.StreamIdentifier();
  identifier.setStreamName(Buffer.from(stream));
  return identifier;
};

const appendTo = (stream: string, expected: number): InstanceType<typeof streams.AppendReq> => {
  const options = new streams.AppendReq.Options();
  options.setStreamIdentifier(identifierOf(stream));
  if (expected < 0) options.setNoStream(new shared.Empty());
  else options.setRevision(String(expected));
  const request = new streams.AppendReq();
  request.setOptions(options);
  return request;
};

const proposed = ({ id, type, contentType, data, metadata }: WireEvent): InstanceType<typeof streams.AppendReq> => {
  const message = new streams.AppendReq.ProposedMessage();
  const uuid = new shared.UUID();
  uuid.setString(id);
  message.setId(uuid);
  message.getMetadataMap().set('type', type);
  message.getMetadataMap().set('content-type', contentType);
  message.setData(data);
  message.setCustomMetadata(metadata);
  const request = new streams.AppendReq();
  request.setProposedMessage(message);
  return request;
};

const answerOf = (answer: InstanceType<typeof streams.AppendResp>): AppendAnswer => {
  const success = answer.getSuccess();
  if (success !== undefined) return { _tag: 'Appended', revision: Number(success.getCurrentRevision()) };
  const wrong = answer.getWrongExpectedVersion();
  return { _tag: 'WrongRevision', actual: wrong?.hasCurrentRevision() === true ? Number(wrong.getCurrentRevision()) : -1 };
};

const asText = (): InstanceType<typeof streams.ReadReq.Options.UUIDOption> => {
  const option = new streams.ReadReq.Options.UUIDOption();
  option.setString(new shared.Empty());
  return option;
};

const followRequest = (after: AllPosition | undefined, prefixes: readonly string[]): InstanceType<typeof streams.ReadReq> => {
  const all = new streams.ReadReq.Options.AllOptions();
  if (after === undefined) all.setStart(new shared.Empty());
  else {
    const position = new streams.ReadReq.Options.Position();
    position.setCommitPosition(after.commit);
    position.setPreparePosition(after.prepare);
    all.setPosition(position);
  }
  const expression = new streams.ReadReq.Options.FilterOptions.Expression();
  expression.setPrefixList([...prefixes]);
  const filter = new streams.ReadReq.Options.FilterOptions();
  filter.setStreamIdentifier(expression);
  filter.setCount(new shared.Empty());
  filter.setCheckpointintervalmultiplier(CHECKPOINT_INTERVAL);
  const options = new streams.ReadReq.Options();
  options.setAll(all);
  options.setFilter(filter);
  options.setResolveLinks(false);
  options.setSubscription(new streams.ReadReq.Options.SubscriptionOptions());
  options.setUuidOption(asText());
  const request = new streams.ReadReq();
  request.setOptions(options);
  return request;
};

const readRequest = (stream: string, from: number | 'end', max: number): InstanceType<typeof streams.ReadReq> => {
  const of = new streams.ReadReq.Options.StreamOptions();
  of.setStreamIdentifier(identifierOf(stream));
  const options = new streams.ReadReq.Options();
  if (from === 'end') {
    of.setEnd(new shared.Empty());
    options.setReadDirection(streams.ReadReq.Options.ReadDirection.BACKWARDS);
  } else {
    of.setRevision(String(from));
    options.setReadDirection(streams.ReadReq.Options.ReadDirection.FORWARDS);
  }
  options.setStream(of);
  options.setResolveLinks(false);
  options.setCount(String(max));
  options.setNoFilter(new shared.Empty());
  options.setUuidOption(asText());
  const request = new streams.ReadReq();
  request.setOptions(options);
  return request;
};

const followedIn = (answer: InstanceType<typeof streams.ReadResp>): Followed | undefined => {
  const event = answer.getEvent()?.getEvent();
  if (event !== undefined) return { _tag: 'Event', event: eventIn(event) };
  if (answer.hasCaughtUp()) return { _tag: 'CaughtUp' };
  const checkpoint = answer.getCheckpoint();
  if (checkpoint === undefined) return undefined;
  return {
    _tag: 'Checkpoint',
    position: { commit: String(checkpoint.getCommitPosition()), prepare: String(checkpoint.getPreparePosition()) },
  };
};

const TICKS_PER_MS = 10_000n;

const eventIn = (event: InstanceType<typeof streams.ReadResp.ReadEvent.RecordedEvent>): ReadEvent => {
  const metadata = event.getMetadataMap();
  return {
    stream: Buffer.from(event.getStreamIdentifier()?.getStreamName_asU8() ?? []).toString('utf8'),
    revision: Number(event.getStreamRevision()),
    id: event.getId()?.getString() ?? '',
    type: metadata.get('type') ?? '',
    contentType: metadata.get('content-type') === 'application/json' ? 'application/json' : 'application/octet-stream',
    data: event.getData_asU8(),
    metadata: event.getCustomMetadata_asU8(),
    created: Number(BigInt(metadata.get('created') ?? 0) / TICKS_PER_MS),
    position: { commit: String(event.getCommitPosition()), prepare: String(event.getPreparePosition()) },
  };
};
