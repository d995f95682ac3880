import { either as E } from 'fp-ts';
import { type EventLog, NO_STREAM } from '../../src/domain/kernel/ports.ts';
import { APPENDS_PER_STREAM, makeFact, newId, newStream } from '../facts.ts';
import { quantile } from './figures.ts';

export type Appending = { readonly factsPerSecond: number; readonly p50Ms: number; readonly p99Ms: number; readonly facts: number };

/** For so long, as many writers as appends should be in flight, each of one fact after the other, a stream for every few. */
export const appendFor = async (log: Pick<EventLog, 'append'>, inFlight: number, ms: number): Promise<Appending> => {
  const latencies: number[] = [];
  const began = performance.now();
  const write = async (first: number): Promise<void> => {
    for (let nth = first, stream = '', correlation = '', revision = NO_STREAM; performance.now() - began < ms; nth++) {
      if (revision === NO_STREAM || nth % APPENDS_PER_STREAM === 0) [stream, correlation, revision] = [newStream(), newId(), NO_STREAM];
      const fact = makeFact(revision + 1, correlation);
      const sent = performance.now();
      const answer = await log.append(stream, revision, [fact]);
      if (E.isLeft(answer)) throw new Error(`append failed: ${JSON.stringify(answer.left)}`);
      latencies.push(performance.now() - sent);
      revision++;
    }
  };
  // Streams begin at different times, as they do in an engine.
  await Promise.all(Array.from({ length: inFlight }, (_, writer) => write(writer)));
  const seconds = (performance.now() - began) / 1000;
  return {
    factsPerSecond: latencies.length / seconds,
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
    facts: latencies.length,
  };
};

/** As many facts as asked for, in large appends, so that it does not take long. */
export const fill = async (log: Pick<EventLog, 'append'>, facts: number): Promise<void> => {
  const perAppend = 100;
  const inFlight = 20;
  for (let left = facts; left > 0; left -= perAppend * inFlight)
    await Promise.all(
      Array.from({ length: inFlight }, async () => {
        const correlation = newId();
        const appended = await log.append(
          newStream(),
          NO_STREAM,
          Array.from({ length: perAppend }, (_, nth) => makeFact(nth, correlation)),
        );
        if (E.isLeft(appended)) throw new Error(`append failed: ${JSON.stringify(appended.left)}`);
      }),
    );
};
