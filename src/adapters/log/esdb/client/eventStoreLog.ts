import type { EventLog } from '../../../../domain/kernel/ports.ts';
import type { Instant } from '../../../../domain/kernel/units.ts';
import { requireAppendable } from '../../requireAppendable.ts';
import { createAppends } from './appends.ts';
import { explain } from './explain.ts';
import { createFeed, type Others } from './feed.ts';
import type { PlaceFile } from './mirrorPlace.ts';
import { answered, RETRY_MAX_MS, RETRY_MIN_MS } from './reach.ts';
import { rest } from './rest.ts';
import type { Following, Wire } from './wire.ts';

export type EventStoreLogOptions = {
  /** Closed by who opened it. */
  readonly wire: Wire;
  /** A log of this machine, empty or fed from the same store before, that takes facts of any term. Closed with this one. */
  readonly mirror: EventLog;
  readonly places: PlaceFile;
  /** The nouns whose streams are the engine's. */
  readonly nouns: readonly string[];
  /** Streams beside the facts, followed in the same order. */
  readonly others?: Others;
  /** Awaited before each append where it is something. */
  before?(): Promise<void> | undefined;
  /** What keeps the store from being followed; undefined when it is followed again. */
  onTrouble?(text: string | undefined): void;
  /** Facts in the mirror, told while it catches up at the start. */
  onProgress?(facts: number): void;
  /** Gives up opening. */
  readonly signal?: AbortSignal;
};

/** @see openEventStoreLog */
export type EventStoreLog = EventLog & {
  /** As of when everything that the store held is in the mirror, ms since 1970: now, while it is followed. */
  freshAt(): Instant;
  /** Resolves, with the reason, when the mirror can follow no more: the store tells another history than before. */
  readonly broken: Promise<string>;
};

/**
 * The log at EventStoreDB. The store is the only commit point; everything is read from a mirror of it on this machine, which one catch-up
 * subscription to `$all` feeds in the store's order. A position is a fact's number in that order, so it is the same on every machine, and
 * in a log that was copied there or back. An append is answered when it has come back: then all that stands before it is known, and
 * with it whether it counts.
 * @returns when the mirror has caught up; an unreachable store is asked again for as long as it takes
 * @throws Error in plain words: credentials, a certificate, a mirror of another store
 */
export const openEventStoreLog = async (options: EventStoreLogOptions): Promise<EventStoreLog> => {
  const { wire, mirror, places, nouns, before, onTrouble, onProgress, signal } = options;
  const place = places.load();
  await requireSameStore(options, place?.last);
  const prefixes = [...nouns.map((noun) => `${noun}-`), ...(options.others?.prefixes ?? [])];
  const caughtUp = Promise.withResolvers<void>();
  const brokenBy = Promise.withResolvers<string>();
  const ended = new AbortController();
  let following: Following | undefined;
  let isOpen = false;
  /** Since when the store has not been followed; undefined while it is. */
  let staleSince: number | undefined = Date.now();

  const appends = createAppends({ wire, mirror, term: () => feed.term(), ...(before !== undefined && { before }) });
  const broken = (error: Error): void => {
    appends.fail(`the mirror no longer follows the store: ${error.message}`);
    caughtUp.reject(error);
    following?.cancel();
    onTrouble?.(error.message);
    brokenBy.resolve(error.message);
    ended.abort();
  };
  const feed = createFeed(
    {
      mirror,
      places,
      place,
      own: appends.own,
      onMirrored: (facts, voids) => {
        appends.onMirrored(facts, voids);
        if (!isOpen) onProgress?.(mirror.head());
      },
      onTrouble: (text) => onTrouble?.(text),
      ...(options.others !== undefined && { others: options.others }),
    },
    () => {
      isOpen = true;
      staleSince = undefined;
      caughtUp.resolve();
    },
    broken,
  );
  feed.onDrained(() => following?.resume());

  const follow = async (): Promise<void> => {
    for (let wait = RETRY_MIN_MS; !ended.signal.aborted; wait = Math.min(2 * wait, RETRY_MAX_MS)) {
      let error: unknown;
      try {
        // What was taken and is not in the mirror yet comes before what is asked for now.
        await feed.close();
        following = await wire.followAll(feed.place()?.position, prefixes, (message) => {
          wait = RETRY_MIN_MS;
          if (message._tag === 'CaughtUp') onTrouble?.(undefined);
          feed.take(message);
          if (feed.isFull()) following?.pause();
        });
        error = await following.ended;
      } catch (thrown) {
        error = thrown;
      }
      staleSince ??= Date.now();
      if (ended.signal.aborted || error === undefined) return;
      const { isPassing, text } = explain(error);
      onTrouble?.(text);
      if (!isPassing && !isOpen) return caughtUp.reject(new Error(text));
      await rest(wait, ended.signal);
    }
  };
  signal?.addEventListener('abort', () => caughtUp.reject(new Error('opening the log was given up')), { once: true });
  const followed = follow();

  const close = async (): Promise<void> => {
    await appends.close('the log is closed');
    ended.abort();
    following?.cancel();
    await feed.close();
    await mirror.close();
    await followed;
  };
  try {
    await caughtUp.promise;
  } catch (error) {
    ended.abort();
    following?.cancel();
    throw error;
  }
  return {
    append: async (stream, expected, facts) => {
      requireAppendable(stream, facts);
      return appends.append(stream, expected, facts);
    },
    readStream: mirror.readStream,
    readAll: mirror.readAll,
    head: mirror.head,
    subscribe: mirror.subscribe,
    freshAt: () => staleSince ?? Date.now(),
    broken: brokenBy.promise,
    close,
  };
};

/** Whether the store still holds the fact that the mirror held last; asked for as long as the store does not answer. */
const requireSameStore = async (
  { wire, onTrouble, signal }: EventStoreLogOptions,
  last: { readonly stream: string; readonly revision: number; readonly id: string } | undefined,
): Promise<void> => {
  if (last === undefined) return;
  const { stream, revision, id } = last;
  const [found] = await answered(() => wire.readStream(stream, revision, 1), onTrouble, signal);
  if (found?.id === id) return;
  throw new Error(
    `${stream} revision ${revision} is another event at this store than in the mirror: it mirrors another store, and may be removed where this one is meant`,
  );
};
