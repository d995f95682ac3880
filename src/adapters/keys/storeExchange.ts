import {
  type AllStreamSubscription,
  type Credentials,
  ErrorType,
  EventStoreDBClient,
  isCommandError,
  jsonEvent,
  NO_STREAM,
  type Position,
  START,
  streamNameFilter,
} from '@eventstore/db-client';
import type { Subscription } from '../../domain/kernel/ports.ts';
import type { KeyExchange } from '../../domain/ports/keyExchange.ts';

/** Each key is one event of a stream of its own, beside the facts and none of them. */
export const KEY_PREFIX = 'wharfkey-';
const KEY_SHARED = 'KeyShared';
/** What EventStoreDB writes when a stream is removed for ever. */
const STREAM_DELETED = '$streamDeleted';
/** How long a store that ended a subscription is left alone, ms. */
const RETRY_MS = 500;

/** An event of `$all`, as whoever follows the log sees it. */
export type StoreEvent = { readonly stream: string; readonly type: string; readonly data: Uint8Array };

export type StoreExchange = KeyExchange & {
  /**
   * For whoever follows `$all` already: what comes before a fact is known before that fact is. The same as what `follow` tells, only in that
   * order.
   */
  readonly others: { readonly prefixes: readonly string[]; take(event: StoreEvent): void };
  close(): Promise<void>;
};

type Told = { readonly subject: string; readonly box: string };
type Follower = { readonly onKey: (id: string, subject: string, box: string) => void; readonly onRemoved: (id: string) => void };

/**
 * Keys in streams of EventStoreDB. One that is removed is a tombstone, so its name is never used again; what stood in it is gone from the
 * store's files with the next scavenge, and until then is a box that the cluster's secret alone opens.
 * @param connection `esdb://…`, as the log's
 */
export const openStoreExchange = (connection: string, onTrouble?: (text: string) => void): StoreExchange => {
  const client = EventStoreDBClient.connectionString(connection.replace(/^kurrentdb(\+discover)?:/, 'esdb$1:'));
  const credentials = credentialsIn(connection);
  const options = credentials === undefined ? {} : { credentials };
  const followers = new Set<Follower>();
  const closers = new Set<() => Promise<void>>();

  const subscribe = (after: Position | typeof START): AllStreamSubscription =>
    client.subscribeToAll({ ...options, fromPosition: after, filter: streamNameFilter({ prefixes: [KEY_PREFIX] }) });

  return {
    publish: async (id, subject, box) => {
      const event = jsonEvent({ type: KEY_SHARED, data: { subject, box } });
      try {
        await client.appendToStream(`${KEY_PREFIX}${id}`, event, { ...options, expectedRevision: NO_STREAM });
      } catch (error) {
        // An id is made once, so what is there is this key; or it was destroyed meanwhile, which its followers are told.
        if (!isOne(error, ErrorType.WRONG_EXPECTED_VERSION) && !isOne(error, ErrorType.STREAM_DELETED)) throw error;
      }
    },
    remove: async (id) => {
      try {
        await client.tombstoneStream(`${KEY_PREFIX}${id}`, options);
      } catch (error) {
        if (!isOne(error, ErrorType.STREAM_DELETED)) throw error;
      }
    },
    follow: async (onKey, onRemoved) => {
      const follower: Follower = { onKey, onRemoved };
      const caughtUp = Promise.withResolvers<void>();
      let after: Position | typeof START = START;
      let current: AllStreamSubscription | undefined;
      let isOver = false;
      let isThere = false;
      let timer: NodeJS.Timeout | undefined;
      const again = (error: Error): void => {
        // Some errors end it twice.
        if (isOver || timer !== undefined) return;
        if (isThere || isPassing(error)) {
          onTrouble?.(`keys are not followed: ${error.message}`);
          timer = setTimeout(begin, RETRY_MS);
        } else {
          isOver = true;
          caughtUp.reject(error);
        }
      };
      const begin = (): void => {
        timer = undefined;
        if (isOver) return;
        current = subscribe(after);
        current.on('caughtUp', () => {
          isThere = true;
          caughtUp.resolve();
        });
        current.on('error', again);
        current.on('data', ({ event, commitPosition }) => {
          if (event === undefined) return;
          const { streamId, type, data, position } = event;
          after = position ?? { commit: commitPosition ?? 0n, prepare: commitPosition ?? 0n };
          tell(follower, { stream: streamId, type }, () => data as Told);
        });
        current.on('end', () => again(new Error('the store ended the subscription')));
      };
      const close = async (): Promise<void> => {
        isOver = true;
        clearTimeout(timer);
        followers.delete(follower);
        closers.delete(close);
        caughtUp.reject(new Error('the exchange of keys was closed'));
        await current?.unsubscribe().catch(() => undefined);
      };
      followers.add(follower);
      closers.add(close);
      begin();
      try {
        await caughtUp.promise;
      } catch (error) {
        await close();
        throw error;
      }
      return { close } satisfies Subscription;
    },
    others: {
      prefixes: [KEY_PREFIX],
      take: (event) => {
        for (const follower of [...followers]) tell(follower, event, () => JSON.parse(Buffer.from(event.data).toString('utf8')) as Told);
      },
    },
    close: async () => {
      await Promise.all([...closers].map((close) => close()));
      await client.dispose();
    },
  };
};

const tell = ({ onKey, onRemoved }: Follower, { stream, type }: Pick<StoreEvent, 'stream' | 'type'>, told: () => Told): void => {
  if (!stream.startsWith(KEY_PREFIX)) return;
  const id = stream.slice(KEY_PREFIX.length);
  if (type === STREAM_DELETED) onRemoved(id);
  if (type !== KEY_SHARED) return;
  const { subject, box } = told();
  onKey(id, subject, box);
};

const isOne = (error: unknown, type: ErrorType): boolean =>
  error instanceof Error && isCommandError(error) && (error.type as ErrorType) === type;

/** A network that fails, a node that restarts: an access that is denied is no such thing. */
const isPassing = (error: Error): boolean =>
  [
    ErrorType.UNAVAILABLE,
    ErrorType.CANCELLED,
    ErrorType.TIMEOUT,
    ErrorType.DEADLINE_EXCEEDED,
    ErrorType.UNKNOWN,
    ErrorType.NOT_LEADER,
  ].some((type) => isOne(error, type));

/**
 * Given with each call, they keep the client from its BatchAppend, where one store's failure ends what others were asked. A store without TLS
 * is never sent any.
 */
const credentialsIn = (connection: string): Credentials | undefined => {
  const [, username, password] = /^[^:]+:\/\/([^:@/?]+):([^@/?]*)@/.exec(connection) ?? [];
  if (username !== undefined && password !== undefined)
    return { username: decodeURIComponent(username), password: decodeURIComponent(password) };
  return /[?&]tls=false/i.test(connection) ? { username: 'nobody', password: 'is asked' } : undefined;
};
