import { type FSWatcher, watch } from 'node:fs';
import type { Millis } from '../../../domain/kernel/units.ts';

/** Wake-ups from one directory that every shim of the host touches: one inotify watch, however many instances. */
export type Hints = {
  /** Calls back with the instance that changed, or undefined when any may have. */
  listen(onChange: (instance: string | undefined) => void): { close(): void };
  close(): void;
};

/** A watch that broke is set up again after this long. Milliseconds. */
const REWATCH_MS = 2000;

export const watchHints = (directory: string, onBroken: (message: string | undefined) => void): Hints => {
  const listeners = new Set<(instance: string | undefined) => void>();
  let watcher: FSWatcher | undefined;
  let retry: NodeJS.Timeout | undefined;
  let closed = false;
  const tell = (instance: string | undefined) => {
    for (const listener of listeners) listener(instance);
  };
  const begin = () => {
    try {
      watcher = watch(directory, { persistent: false }, (_kind, name) => tell(name ?? undefined));
      watcher.once('error', (error) => broken(error.message));
      return true;
    } catch (error) {
      broken(error instanceof Error ? error.message : String(error));
      return false;
    }
  };
  const broken = (message: string) => {
    watcher?.close();
    if (closed) return;
    onBroken(message);
    retry = setTimeout(() => {
      if (!begin()) return;
      onBroken(undefined);
      tell(undefined);
    }, REWATCH_MS);
    retry.unref();
  };
  begin();
  return {
    listen(onChange) {
      listeners.add(onChange);
      return { close: () => listeners.delete(onChange) };
    },
    close() {
      closed = true;
      clearTimeout(retry);
      watcher?.close();
      listeners.clear();
    },
  };
};

/**
 * Asks `ready` at every hint about `instance`, and now and then without one, until it answers true or `withinMs` have passed.
 * @returns whether it answered true.
 */
export const until = async (
  hints: Hints,
  instance: string,
  withinMs: Millis,
  everyMs: Millis,
  ready: () => Promise<boolean>,
): Promise<boolean> => {
  let wake: () => void = () => {};
  let hinted = false;
  const listening = hints.listen((name) => {
    if (name !== undefined && name !== instance) return;
    hinted = true;
    wake();
  });
  const deadline = performance.now() + withinMs;
  try {
    while (!(await ready())) {
      const left = deadline - performance.now();
      if (left <= 0) return false;
      if (!hinted) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, Math.min(left, everyMs));
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      hinted = false;
    }
    return true;
  } finally {
    listening.close();
  }
};
