import { within } from './calls.ts';
import type { Engine } from './engine.ts';
import type { Liveness } from './events.ts';
import { DEADLINES, MISSED_PINGS_MAX } from './options.ts';

/** dockerode takes a signal here, its types do not. */
type Abortable = { ping(options: { readonly abortSignal: AbortSignal }): Promise<unknown> };

/** Asks whether the engine is there, on a connection of its own, and tells the event stream what that means for it. */
export const heartbeatOf = (engine: Engine): Liveness & { ping(): Promise<void> } => {
  const heartbeat = engine.connections.heartbeat as unknown as Abortable;
  const silent = new Set<() => void>();
  const answered = new Set<() => void>();
  let missed = 0;
  const listening =
    (listeners: Set<() => void>) =>
    (callback: () => void): (() => void) => {
      listeners.add(callback);
      return () => listeners.delete(callback);
    };
  return {
    onSilent: listening(silent),
    onAnswer: listening(answered),
    ping: async () => {
      try {
        await within(engine.clock, 'ping', DEADLINES.ping, (abortSignal) => heartbeat.ping({ abortSignal }));
      } catch (error) {
        missed += 1;
        if (missed === MISSED_PINGS_MAX) for (const callback of silent) callback();
        throw error;
      }
      missed = 0;
      for (const callback of answered) callback();
    },
  };
};
