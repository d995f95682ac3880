import type { Clock, EventLog, StoredFact, Subscription } from '../../domain/kernel/ports.ts';
import type { Millis } from '../../domain/kernel/units.ts';

/** Facts that may wait for a listener who does not read; one more and the connection is ended. */
export const SLOW_CONSUMER_LIMIT_FACTS = 16_384;
const PAGE = 500;

export class SlowConsumer extends Error {
  override name = 'SlowConsumer';
}

export type FeedItem<Note> =
  | { readonly kind: 'facts'; readonly facts: readonly StoredFact[] }
  | { readonly kind: 'note'; readonly note: Note }
  /** Nothing for `heartbeatMs`. */
  | { readonly kind: 'heartbeat' };

export type FeedOptions = {
  readonly log: Pick<EventLog, 'readAll' | 'subscribe'>;
  readonly clock: Clock;
  /** Position behind which the feed begins. */
  readonly after: number;
  readonly heartbeatMs: Millis;
  /** Ends the feed. */
  readonly signal: AbortSignal;
  /** Called once when too many facts wait: who does not read would not notice that the feed has ended. */
  readonly onOverflow: () => void;
  readonly limit?: number;
};

export type Feed<Note> = { readonly items: AsyncGenerator<FeedItem<Note>, void>; note(note: Note): void };

/**
 * The log as one listener sees it: what was recorded, read page by page as fast as the listener takes it, then what is appended, with no
 * gap and nothing twice. Notes are said in between, to those who are there.
 * @throws SlowConsumer from `items` once more than `limit` live facts wait.
 */
export const createFeed = <Note>({
  log,
  clock,
  after,
  heartbeatMs,
  signal,
  onOverflow,
  limit = SLOW_CONSUMER_LIMIT_FACTS,
}: FeedOptions): Feed<Note> => {
  let facts: StoredFact[] = [];
  let notes: Note[] = [];
  let wake = (): void => {};
  let overfull = false;
  const onFacts = (batch: readonly StoredFact[]): void => {
    if (overfull) return;
    overfull = facts.length + batch.length > limit;
    if (overfull) {
      facts = [];
      onOverflow();
    } else for (const fact of batch) facts.push(fact);
    wake();
  };
  const somethingOrHeartbeat = (): Promise<void> =>
    new Promise((resolve) => {
      const cancel = clock.schedule(heartbeatMs, () => wake());
      wake = () => {
        cancel();
        wake = () => {};
        resolve();
      };
      if (signal.aborted || facts.length + notes.length > 0) wake();
    });

  async function* recorded(): AsyncGenerator<FeedItem<Note>, number> {
    for (let position = after; ; ) {
      const page = await log.readAll({ after: position, max: PAGE });
      const last = page.at(-1);
      if (last === undefined || signal.aborted) return position;
      yield { kind: 'facts', facts: page };
      position = last.position;
      yield* said();
    }
  }
  function* said(): Generator<FeedItem<Note>> {
    const now = notes;
    notes = [];
    for (const note of now) yield { kind: 'note', note };
  }
  async function* items(): AsyncGenerator<FeedItem<Note>, void> {
    let subscription: Subscription | undefined;
    const onAbort = (): void => wake();
    signal.addEventListener('abort', onAbort);
    try {
      yield* said();
      const position = yield* recorded();
      if (signal.aborted) return;
      subscription = await log.subscribe(position, onFacts);
      while (!signal.aborted) {
        if (facts.length + notes.length === 0 && !overfull) await somethingOrHeartbeat();
        if (overfull) throw new SlowConsumer(`more than ${limit} facts waited for a listener that did not read`);
        const batch = facts;
        facts = [];
        if (batch.length > 0) yield { kind: 'facts', facts: batch };
        else if (notes.length === 0 && !signal.aborted) yield { kind: 'heartbeat' };
        yield* said();
      }
    } finally {
      signal.removeEventListener('abort', onAbort);
      await subscription?.close();
    }
  }
  return {
    items: items(),
    note: (note) => {
      notes.push(note);
      wake();
    },
  };
};
