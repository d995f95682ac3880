import type { Clock, EventLog, Subscription } from '../../../domain/kernel/ports.ts';
import type { FactReader } from '../../../domain/ports/factReader.ts';

/** How often somebody who follows a log that another process or thread writes looks for more, ms. */
export const LOOK_EVERY_MS = 100;
const PAGE = 1_000;

/** A log file that somebody else writes, as those see it who only read and follow it. */
export const followLog = (reader: FactReader, clock: Clock): Omit<EventLog, 'append' | 'close'> & { close(): void } => {
  const looks = new Set<() => void>();
  const subscribe: EventLog['subscribe'] = async (after, onFacts): Promise<Subscription> => {
    let position = after;
    let cancel = (): void => {};
    const look = (): void => {
      for (;;) {
        const page = reader.page(position, Number.MAX_SAFE_INTEGER, PAGE);
        const last = page.at(-1);
        if (last === undefined) break;
        position = last.position;
        onFacts(page);
      }
      cancel = clock.schedule(LOOK_EVERY_MS, look);
    };
    look();
    const stop = (): void => {
      cancel();
      looks.delete(stop);
    };
    looks.add(stop);
    return { close: async () => stop() };
  };
  return {
    head: reader.head,
    readAll: async ({ after, max }) => reader.page(after, Number.MAX_SAFE_INTEGER, max),
    readStream: async (stream, { from = 0, max = Number.MAX_SAFE_INTEGER } = {}) =>
      reader.stream(stream, Number.MAX_SAFE_INTEGER).slice(from, from + max),
    subscribe,
    close: () => {
      for (const stop of [...looks]) stop();
    },
  };
};
