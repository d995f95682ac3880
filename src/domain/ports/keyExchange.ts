import type { Subscription } from '../kernel/ports.ts';

/** Where engines that share a log find each other's keys, in boxes that only they can open. */
export type KeyExchange = {
  /** Resolves when all who follow will be told. One that is there already is a success, and so is one that was removed. */
  publish(id: string, subject: string, box: string): Promise<void>;
  /** It is never there again; who was away meanwhile is told when it comes back. One that is not there is a success. */
  remove(id: string): Promise<void>;
  /** Tells what there is and what was removed, in order, then what comes; the same may be told twice. Resolves when all there was is told. */
  follow(onKey: (id: string, subject: string, box: string) => void, onRemoved: (id: string) => void): Promise<Subscription>;
};
