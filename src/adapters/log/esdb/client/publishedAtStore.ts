import type { Published, PublishedStore } from '../../../../domain/ports/publishing.ts';
import { jsonEvent, jsonIn } from './jsonEvent.ts';
import { openWire, type Wire } from './wire.ts';

/** Events that are kept of it. */
const KEPT = 10;
/** How often it is written at most, ms: what was published since is published again by a successor. */
const SAVE_EVERY_MS = 1_000;

/**
 * How far the log was published, kept with the log: so that whoever leads next goes on from there. Not a stream of facts, for it is no news.
 * @param store `esdb://…`
 * @param prefix of the topics; each has a stream of its own
 */
export const publishedAtStore = (store: string, prefix: string, connect: (store: string) => Wire = openWire): PublishedStore => {
  const stream = `wharfkafka-${prefix}`;
  const wire = connect(store);
  let revision: number | undefined;
  let savedAt = Number.NEGATIVE_INFINITY;

  const last = async (): Promise<Published | undefined> => {
    const [found] = await wire.readStream(stream, 'end', 1);
    revision = found?.revision ?? -1;
    return found === undefined ? undefined : jsonIn<Published>(found);
  };
  return {
    load: last,
    save: async (published) => {
      if (performance.now() - savedAt < SAVE_EVERY_MS) return;
      savedAt = performance.now();
      if (revision === undefined) await last();
      const before = revision ?? -1;
      const answer = await wire.append(stream, before, [jsonEvent('PublishedUpTo', published)]);
      if (answer._tag === 'WrongRevision') {
        revision = undefined;
        throw new Error('another engine publishes to the same topics');
      }
      ({ revision } = answer);
      if (before < 0) await wire.setMetadata(stream, { $maxCount: KEPT });
    },
  };
};
