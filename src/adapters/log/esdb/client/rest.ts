import { setTimeout as pause } from 'node:timers/promises';

/** Resolves after so long, ms, or as soon as it is aborted. */
export const rest = (ms: number, until?: AbortSignal): Promise<void> =>
  pause(ms, undefined, until === undefined ? {} : { signal: until }).catch(() => undefined);
