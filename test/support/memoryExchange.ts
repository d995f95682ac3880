import type { KeyExchange } from '../../src/domain/ports/keyExchange.ts';

type Follower = { readonly onKey: (id: string, subject: string, box: string) => void; readonly onRemoved: (id: string) => void };

export type MemoryExchange = KeyExchange & {
  /** Boxes that are there, by id of their keys. */
  readonly boxes: ReadonlyMap<string, { readonly subject: string; readonly box: string }>;
  /** While set, it does not answer. */
  trouble: string | undefined;
};

/** An exchange of keys that is gone with the process. */
export const memoryExchange = (): MemoryExchange => {
  const boxes = new Map<string, { subject: string; box: string }>();
  const removed = new Set<string>();
  const followers = new Set<Follower>();
  const exchange: MemoryExchange = {
    boxes,
    trouble: undefined,
    publish: async (id, subject, box) => {
      if (exchange.trouble !== undefined) throw new Error(exchange.trouble);
      if (removed.has(id) || boxes.has(id)) return;
      boxes.set(id, { subject, box });
      for (const { onKey } of followers) onKey(id, subject, box);
    },
    remove: async (id) => {
      if (exchange.trouble !== undefined) throw new Error(exchange.trouble);
      boxes.delete(id);
      removed.add(id);
      for (const { onRemoved } of followers) onRemoved(id);
    },
    follow: async (onKey, onRemoved) => {
      for (const [id, { subject, box }] of boxes) onKey(id, subject, box);
      for (const id of removed) onRemoved(id);
      const follower = { onKey, onRemoved };
      followers.add(follower);
      return { close: async () => void followers.delete(follower) };
    },
  };
  return exchange;
};
