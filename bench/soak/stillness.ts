import type { SqliteLog } from '../../src/adapters/log/sqlite/sqliteLog.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Tells when an engine over a log has nothing left to do but wait for the clock: no append and no read is under way, nor follows from one. */
export const stillness = () => {
  let under = 0;
  let wake = (): void => {};
  const counted = <A>(work: Promise<A>): Promise<A> => {
    under++;
    return work.finally(() => {
      if (--under === 0) wake();
    });
  };
  return {
    watched: (log: SqliteLog): SqliteLog => ({
      ...log,
      append: (stream, expected, facts) => counted(log.append(stream, expected, facts)),
      readStream: (stream, options) => counted(log.readStream(stream, options)),
      readAll: (options) => counted(log.readAll(options)),
    }),
    settled: async (): Promise<void> => {
      for (let still = 0; still < 2; still++) {
        await turn();
        if (under === 0) continue;
        still = -1;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
};
