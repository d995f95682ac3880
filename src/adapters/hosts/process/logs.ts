import { watch } from 'node:fs';
import type { LogLine, LogOptions } from '../../../domain/ports/hosts.ts';
import type { Hints } from './hints.ts';
import { merged, rotatedReader } from './output.ts';

/** A follower looks again after this long even if no change was told. Milliseconds. */
const LOOK_AGAIN_MS = 2000;

export type LogSource = {
  readonly output: string;
  readonly instance: string;
  readonly files: number;
  readonly hints: Hints;
  readonly hasEnded: () => Promise<boolean>;
};

/** What was kept, then, for a follower, what comes, until the instance has ended or the signal is given. */
export async function* readLogs(source: LogSource, options: LogOptions): AsyncGenerator<LogLine> {
  const stdout = rotatedReader(source.output, 'stdout', source.files);
  const stderr = rotatedReader(source.output, 'stderr', source.files);
  // Stamps are whole seconds, so the second that `since` falls into is shown whole.
  const since = options.since === undefined ? 0 : Math.floor(options.since / 1000) * 1000;
  const fresh = async function* () {
    for await (const line of merged(stdout(), stderr())) if ((line.at ?? 0) >= since) yield line;
  };
  const changes = options.follow ? changesOf(source, options.signal) : undefined;
  try {
    let ended = await source.hasEnded();
    yield* options.tail === undefined ? fresh() : lastOf(fresh(), options.tail);
    while (changes !== undefined && !ended && !options.signal?.aborted) {
      await changes.next();
      // Asked before reading: what was written before the end is then surely read.
      ended = await source.hasEnded();
      yield* fresh();
    }
  } finally {
    changes?.close();
  }
}

async function* lastOf(lines: AsyncGenerator<LogLine>, count: number): AsyncGenerator<LogLine> {
  const kept: LogLine[] = [];
  for await (const line of lines) {
    kept.push(line);
    if (kept.length > Math.max(2 * count, 1000)) kept.splice(0, kept.length - count);
  }
  if (count > 0) yield* kept.slice(-count);
}

/** `next` resolves when something may have changed since the last `next`. */
const changesOf = ({ output, instance, hints }: LogSource, signal: AbortSignal | undefined): { next(): Promise<void>; close(): void } => {
  let changed = false;
  let wake: () => void = () => {};
  const ring = () => {
    changed = true;
    wake();
  };
  const watcher = watchIfThere(output, ring);
  const listening = hints.listen((name) => {
    if (name === undefined || name === instance) ring();
  });
  signal?.addEventListener('abort', ring, { once: true });
  return {
    async next() {
      if (!changed && !signal?.aborted) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, LOOK_AGAIN_MS);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      changed = false;
    },
    close() {
      watcher?.close();
      listening.close();
      signal?.removeEventListener('abort', ring);
    },
  };
};

const watchIfThere = (directory: string, onChange: () => void) => {
  try {
    return watch(directory, onChange).on('error', () => {});
  } catch {
    return undefined;
  }
};
