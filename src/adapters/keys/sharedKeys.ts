import { KeysUnavailable } from '../../domain/kernel/codec.ts';
import type { KeyExchange } from '../../domain/ports/keyExchange.ts';
import { type Boxes, boxesOf } from './boxes.ts';
import type { Key } from './keyCommits.ts';
import type { KeyStore } from './sealer.ts';
import { openKeys } from './sqliteKeys.ts';

/** How long an exchange that does not answer is left alone, ms. */
const RETRY_MS = 1_000;
/** Keys that are published, or removed, at the same time. */
const AT_A_TIME = 64;

/** No key: whoever can open its box has the secret of those who were here first. It stands there before any key does. */
export const SECRET_CHECK = { id: 'cluster', subject: 'cluster secret' } as const;

export type SharedKeys = KeyStore & {
  /** While keys that were made here are not at the others yet: resolves when they are. @throws KeysUnavailable when they cannot be now */
  published(): Promise<void> | undefined;
  /** Ends the following too. */
  close(): void;
};

export type SharedKeysOptions = {
  /** The file with this machine's keys. */
  readonly path: string;
  readonly exchange: KeyExchange;
  /** Seals what is exchanged; 256 bits, the same on every engine. */
  readonly exchangeKey: Uint8Array;
  /** What is wrong with the exchange; undefined when nothing is any more. */
  onTrouble?(text: string | undefined): void;
};

/**
 * Keys of engines that share a log. Each has all of them in a file of its own; a new one is published before a fact is written that needs
 * it (`published`), one that is destroyed is destroyed everywhere, also at engines that were away. Keys that are not at the exchange are
 * published, whoever made them: those of an embedded log that was moved, of an engine that died, of an exchange that is new. Only a removal
 * destroys a key, never its absence: a store that lost its keys, or another one than before, takes none away.
 * @returns when all that was exchanged before is in the file, and all that was in the file is exchanged
 * @throws WrongSecret
 */
export const shareKeys = async ({ path, exchange, exchangeKey, onTrouble }: SharedKeysOptions): Promise<SharedKeys> => {
  const boxes: Boxes = boxesOf(exchangeKey);
  const toPublish = new Map<string, Key>();
  const toRemove = new Set<string>();
  const there = new Set<string>();
  const removed = new Set<string>();
  const incoming = new Map<string, Key>();
  let working: Promise<void> | undefined;
  let retry: NodeJS.Timeout | undefined;
  let storing: NodeJS.Timeout | undefined;
  let isClosed = false;

  const local = openKeys(path, {
    onMade: (keys) => {
      for (const key of keys) toPublish.set(key.id, key);
      void work().catch(() => undefined);
    },
  });

  const pump = async (): Promise<void> => {
    while (toPublish.size + toRemove.size > 0) {
      const keys = [...toPublish.values()].slice(0, AT_A_TIME);
      const ids = [...toRemove].slice(0, AT_A_TIME);
      await Promise.all([
        ...keys.map(async ({ id, subject, key }) => {
          await exchange.publish(id, subject, boxes.close(id, subject, key));
          toPublish.delete(id);
          there.add(id);
        }),
        ...ids.map(async (id) => {
          await exchange.remove(id);
          toRemove.delete(id);
        }),
      ]);
    }
    onTrouble?.(undefined);
  };
  const work = (): Promise<void> => {
    clearTimeout(retry);
    working ??= pump()
      .catch((error: Error) => {
        onTrouble?.(`keys cannot be exchanged: ${error.message}`);
        if (!isClosed) retry = setTimeout(() => void work().catch(() => undefined), RETRY_MS);
        throw new KeysUnavailable(`keys cannot be exchanged: ${error.message}`);
      })
      .finally(() => {
        working = undefined;
      });
    return working;
  };

  /** Together with those that come in the same turn, since each write waits for the disk. */
  const store = (): void => {
    clearTimeout(storing);
    storing = undefined;
    if (incoming.size === 0 || isClosed) return;
    try {
      local.put([...incoming.values()]);
      incoming.clear();
    } catch (error) {
      onTrouble?.((error as Error).message);
      storing = setTimeout(store, RETRY_MS);
    }
  };
  const agreed = Promise.withResolvers<void>();
  agreed.promise.catch(() => undefined);
  const takeKey = (id: string, subject: string, box: string): void => {
    if (id === SECRET_CHECK.id) {
      boxes.open(id, subject, box);
      agreed.resolve();
      return;
    }
    there.add(id);
    if (removed.has(id) || local.find(id) !== undefined || incoming.has(id)) return;
    incoming.set(id, { id, subject, key: boxes.open(id, subject, box) });
  };
  const takeRemoval = (id: string): void => {
    if (id === SECRET_CHECK.id) agreed.resolve();
    removed.add(id);
    there.delete(id);
    toPublish.delete(id);
    incoming.delete(id);
    local.destroyKey(id);
  };
  const live = (take: () => void): void => {
    if (isClosed) return;
    try {
      take();
      if (incoming.size > 0) storing ??= setTimeout(store);
    } catch (error) {
      agreed.reject(error);
      onTrouble?.((error as Error).message);
    }
  };

  /** Until all there was is known: what was removed since is never written down. */
  let before: { readonly keys: Map<string, () => void>; readonly removals: Set<string> } | undefined = {
    keys: new Map(),
    removals: new Set(),
  };
  const following = await exchange.follow(
    (id, subject, box) => {
      if (before === undefined) live(() => takeKey(id, subject, box));
      else before.keys.set(id, () => takeKey(id, subject, box));
    },
    (id) => {
      if (before === undefined) live(() => takeRemoval(id));
      else before.removals.add(id);
    },
  );
  try {
    const { keys, removals } = before;
    before = undefined;
    for (const id of removals) takeRemoval(id);
    for (const take of keys.values()) take();
    await exchange.publish(SECRET_CHECK.id, SECRET_CHECK.subject, boxes.close(SECRET_CHECK.id, SECRET_CHECK.subject, new Uint8Array()));
    await agreed.promise;
    local.put([...incoming.values()]);
    incoming.clear();
    for (const key of local.all()) if (!there.has(key.id)) toPublish.set(key.id, key);
    await work();
  } catch (error) {
    isClosed = true;
    clearTimeout(retry);
    await following.close();
    local.close();
    throw error;
  }

  const removeThere = (ids: readonly string[]): void => {
    for (const id of ids) {
      toPublish.delete(id);
      incoming.delete(id);
      if (!removed.has(id)) toRemove.add(id);
    }
    void work().catch(() => undefined);
  };
  return {
    keyFor: (subject) => {
      // What has just come from another engine is this subject's key.
      store();
      return local.keyFor(subject);
    },
    together: (made) => {
      store();
      return local.together(made);
    },
    find: (id) => local.find(id) ?? incoming.get(id)?.key,
    idOf: (subject) => {
      store();
      return local.idOf(subject);
    },
    destroy: (subject) => {
      store();
      const ids = local.idsOf(subject);
      local.destroy(subject);
      removeThere(ids);
    },
    destroyKey: (id) => {
      const isKnown = local.find(id) !== undefined || there.has(id);
      local.destroyKey(id);
      if (isKnown) removeThere([id]);
    },
    published: () => (toPublish.size === 0 ? undefined : work()),
    close: () => {
      store();
      isClosed = true;
      clearTimeout(retry);
      void following.close();
      local.close();
    },
  };
};
