import { either as E } from 'fp-ts';
import type { Clock } from '../../domain/kernel/ports.ts';
import type { Instant, Millis } from '../../domain/kernel/units.ts';
import type { FactReader } from '../../domain/ports/factReader.ts';
import type { Published, PublishedStore, PublisherStatus } from '../../domain/ports/publishing.ts';
import { createDelivery } from './delivery.ts';
import { logUri, type MessageOptions } from './message.ts';
import { type Page, type Pages, pagesOf, type StateTeller } from './pages.ts';
import { type Sender, type SendFault, textOf } from './sender.ts';
import { waitBy } from './waiting.ts';

export type PublisherPace = {
  /** How often the log is looked at where all of it is sent, ms. */
  readonly lookMs: Millis;
  /** After the first failure in a row, and at most, doubling in between, ms. */
  readonly retryFirstMs: Millis;
  readonly retryMaxMs: Millis;
};

export const USUAL_PACE: PublisherPace = { lookMs: 100, retryFirstMs: 250, retryMaxMs: 5_000 };

export type PublisherOptions = {
  readonly brokers: readonly string[];
  readonly reader: FactReader;
  readonly store: PublishedStore;
  readonly open: () => Promise<E.Either<SendFault, Sender>>;
  readonly clock: Clock;
  readonly message: Omit<MessageOptions, 'source'>;
  /** A new one for each start from a position; the present is not told where absent. */
  readonly state?: () => StateTeller;
  readonly pace?: PublisherPace;
  /** What people should know; the same text comes as often as it is so. */
  readonly onTrouble: (text: string) => void;
};

export type Publisher = {
  status(): PublisherStatus;
  /** Ends what is under way and keeps how far it came. */
  close(): Promise<void>;
};

/**
 * Carries every fact of the log that is not void, at least once and in order per stream, from where the store says. What was sent and not
 * acknowledged is sent again by a new producer, for ever, so nothing that a broker does loses a fact.
 */
export const startPublisher = (options: PublisherOptions): Publisher => {
  const { reader, store, clock, message, pace = USUAL_PACE, onTrouble } = options;
  const closing = new AbortController();
  let sender: Sender | undefined;
  let kept: Published | undefined;
  let pages: Pages | undefined;
  let page: Page | undefined;
  let failures = 0;
  let trouble: { readonly at: Instant; readonly text: string } | null = null;
  const counts = { published: 0, byReference: 0, errors: 0 };
  const delivery = createDelivery((what) => {
    counts.byReference += 1;
    onTrouble(`${what} is larger than its topic takes: it goes by reference`);
  });

  const isTrouble = (text: string): void => {
    trouble = { at: clock.now(), text };
    onTrouble(text);
  };

  const wait = waitBy(clock, closing.signal);

  const failed = async (text: string, isSoon = false): Promise<void> => {
    counts.errors += 1;
    isTrouble(text);
    const retryMs = isSoon && failures === 0 ? 0 : Math.min(pace.retryFirstMs * 2 ** failures, pace.retryMaxMs);
    failures += 1;
    await wait(retryMs);
  };

  /** Where to go on from: where this log was published to this cluster, else its beginning. */
  const startOf = (cluster: string): Published => {
    const fresh = { position: 0, cluster, prefix: message.prefix };
    if (kept === undefined) return fresh;
    if (kept.cluster !== cluster) {
      onTrouble(`the log was published to the cluster ${kept.cluster}; ${cluster} gets all of it, from its beginning`);
      return fresh;
    }
    if (kept.prefix !== message.prefix) {
      onTrouble(`the log was published to topics ${kept.prefix}.*; those of ${message.prefix}.* get all of it, from its beginning`);
      return fresh;
    }
    if (isSameLog(reader, kept)) return kept;
    onTrouble('what was published is not in this log (was it restored from a copy?); all of it is published again, from its beginning');
    return fresh;
  };

  const open = async (): Promise<Sender | undefined> => {
    const opened = await options.open();
    if (E.isLeft(opened)) {
      await failed(textOf(opened.left));
      return undefined;
    }
    sender = opened.right;
    if (kept?.cluster !== sender.cluster || pages === undefined) {
      kept = startOf(sender.cluster);
      const source = logUri(reader.hashAt(1) ?? '');
      pages = pagesOf(reader, kept.position, { ...message, source }, options.state?.(), kept.state === true);
      page = undefined;
    }
    return sender;
  };

  const drop = async (): Promise<void> => {
    const dropped = sender;
    sender = undefined;
    await dropped?.close();
  };

  const acknowledged = async ({ position, facts }: Page, { cluster }: Sender): Promise<void> => {
    const hash = reader.hashAt(position);
    const next: Published = {
      position,
      cluster,
      prefix: message.prefix,
      ...(hash !== undefined && { hash }),
      ...(options.state !== undefined && { state: true }),
    };
    page = undefined;
    kept = next;
    counts.published += facts;
    failures = 0;
    trouble = null;
    // What is not kept is published twice after a restart, and no more than that.
    await store.save(next).catch((error: Error) => isTrouble(`how far the log was published could not be kept: ${error.message}`));
  };

  const step = async (): Promise<void> => {
    if (reader.head() === 0) return wait(pace.lookMs);
    const current = sender ?? (await open());
    if (current === undefined) return;
    if (page === undefined) {
      page = pages?.next();
      if (page === undefined) {
        trouble = null;
        return wait(pace.lookMs);
      }
      delivery.load(page.messages);
    }
    const delivered = await delivery.deliver(current);
    if (E.isRight(delivered)) return acknowledged(page, current);
    await drop();
    const { fault, what, isSmaller } = delivered.left;
    if (isSmaller) counts.errors += 1;
    else await failed(fault._tag === 'TooLarge' ? `${what} is larger than its topic takes` : textOf(fault), fault._tag === 'OutOfSequence');
  };

  const run = async (): Promise<void> => {
    while (!closing.signal.aborted)
      try {
        kept ??= await store.load();
        while (!closing.signal.aborted) await step();
      } catch (error) {
        await drop();
        // A page may have been half made: the next one begins where the last acknowledged one ended.
        pages = undefined;
        await failed(error instanceof Error ? error.message : String(error));
      }
    await drop();
  };
  const ended = run();

  return {
    status: () => {
      const head = reader.head();
      const position = kept?.position ?? 0;
      const oldest = position < head ? reader.page(position, head, 1)[0] : undefined;
      return {
        brokers: options.brokers,
        prefix: message.prefix,
        cluster: sender?.cluster ?? null,
        position,
        head,
        lagFacts: Math.max(0, head - position),
        lagSeconds: oldest === undefined ? 0 : Math.max(0, clock.now() - oldest.meta.at) / 1000,
        ...counts,
        trouble,
      };
    },
    close: async () => {
      closing.abort();
      await ended;
    },
  };
};

/** Whether what was published is in this log: the same fact at the same place, as far as the log still has it. */
const isSameLog = (reader: FactReader, { position, hash }: Published): boolean => {
  if (position > reader.head()) return false;
  const here = reader.hashAt(position);
  return hash === undefined || here === undefined || here === hash;
};
