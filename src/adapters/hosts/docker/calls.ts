import type { Clock } from '../../../domain/kernel/ports.ts';
import type { Millis } from '../../../domain/kernel/units.ts';
import { DeadlinePassed } from './faults.ts';

/**
 * Runs one call so that it settles by its deadline, whatever becomes of the connection. docker-modem leaves a promise
 * unsettled for ever when the connection dies within the body of an answer, and so does an abort at that point; so the
 * signal only frees the socket, and the race decides.
 * @param what what is being done, for the fault's message.
 */
export const within = <A>(clock: Clock, what: string, deadline: Millis, call: (signal: AbortSignal) => Promise<A>): Promise<A> =>
  new Promise((resolve, reject) => {
    const abort = new AbortController();
    const cancel = clock.schedule(deadline, () => {
      reject(new DeadlinePassed(`${what}: no answer within ${deadline} ms`));
      abort.abort();
    });
    call(abort.signal).then(resolve, reject).finally(cancel);
  });

/** Rejects after a silence of `silence` ms on a stream, or at `deadline` in all; hands each chunk on. */
export const drain = (
  clock: Clock,
  what: string,
  stream: NodeJS.ReadableStream,
  bounds: { readonly silence?: Millis; readonly deadline: Millis },
  onChunk: (chunk: Buffer) => void,
): Promise<void> =>
  new Promise((resolve, reject) => {
    const late = (ms: Millis) => () => finish(new DeadlinePassed(`${what}: no answer within ${ms} ms`));
    const cancelDeadline = clock.schedule(bounds.deadline, late(bounds.deadline));
    const wait = () => (bounds.silence === undefined ? () => undefined : clock.schedule(bounds.silence, late(bounds.silence)));
    let cancelSilence = wait();
    const finish = (error?: Error) => {
      cancelDeadline();
      cancelSilence();
      (stream as { destroy?: () => void }).destroy?.();
      if (error === undefined) resolve();
      else reject(error);
    };
    // The handler stays for good: a stream's error without one would end the process.
    stream.on('error', (error: Error) => finish(error));
    stream.on('data', (chunk: Buffer) => {
      cancelSilence();
      cancelSilence = wait();
      onChunk(chunk);
    });
    stream.on('end', () => finish());
    stream.on('close', () => finish());
  });
