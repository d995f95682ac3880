import { performance } from 'node:perf_hooks';
import { KeysUnavailable, type SealedTogether } from '../../domain/kernel/codec.ts';

/** A key with its bytes. */
export type Key = { readonly id: string; readonly subject: string; readonly key: Uint8Array };

/** A write takes the thread of the whole engine while it waits for the disk: so many times as long as it took, the next one waits. */
export const REST_FACTOR = 2;
/** Longest that a key waits for its write, ms. */
export const REST_MAX_MS = 50;

type Group = { readonly keys: Map<string, Key>; readonly done: PromiseWithResolvers<void> };

/**
 * Writes keys in groups: all that are made in one turn of the event loop, and as long as the writes before have taken their share of the
 * time, are one write. So a thousand requests in a second, each with a key of its own, cost some dozens of writes.
 */
export class KeyCommits {
  readonly #write: (keys: readonly Key[]) => void;
  readonly #forget: (key: Key) => void;
  #group: Group | undefined;
  /** Keys that the work under way has made, and whether it used any that is not durable yet. */
  #working: { readonly made: Key[]; isUsing: boolean } | undefined;
  #cancel = () => {};
  #restsUntil = 0;

  /**
   * @param write makes keys durable, all or none. @throws KeysUnavailable
   * @param forget of a key that could not be made durable
   */
  constructor(write: (keys: readonly Key[]) => void, forget: (key: Key) => void) {
    this.#write = write;
    this.#forget = forget;
  }

  readonly together = <A>(work: () => A): SealedTogether<A> => {
    const outer = this.#working;
    if (outer !== undefined) return { made: work(), durable: undefined };
    const working = { made: [] as Key[], isUsing: false };
    this.#working = working;
    try {
      const made = work();
      return { made, durable: working.isUsing ? this.#group?.done.promise : undefined };
    } catch (error) {
      for (const key of working.made) {
        this.drop(key.id);
        this.#forget(key);
      }
      throw error;
    } finally {
      this.#working = undefined;
    }
  };

  /** A new key: written now unless somebody waits for it to be. @throws KeysUnavailable */
  made(key: Key): void {
    this.#group ??= this.#begin();
    this.#group.keys.set(key.id, key);
    if (this.#working === undefined) {
      this.#flushNow();
      return;
    }
    this.#working.made.push(key);
    this.#working.isUsing = true;
  }

  /** A key that is known seals once more. @throws KeysUnavailable where nobody would wait for it */
  used(id: string): void {
    if (this.#group?.keys.has(id) !== true) return;
    if (this.#working === undefined) this.#flushNow();
    else this.#working.isUsing = true;
  }

  /** One that is destroyed before it was ever written. */
  drop(id: string): void {
    this.#group?.keys.delete(id);
  }

  /** What waits is written. */
  end(): void {
    this.#flush();
  }

  #begin(): Group {
    const done = Promise.withResolvers<void>();
    // Whoever waits hears of it; nobody may.
    done.promise.catch(() => undefined);
    const rest = this.#restsUntil - performance.now();
    if (rest > 0) {
      const timer = setTimeout(() => this.#flush(), rest);
      this.#cancel = () => clearTimeout(timer);
    } else {
      const turn = setImmediate(() => this.#flush());
      this.#cancel = () => clearImmediate(turn);
    }
    return { keys: new Map(), done };
  }

  #flushNow(): void {
    const error = this.#flush();
    if (error !== undefined) throw error;
  }

  #flush(): KeysUnavailable | undefined {
    const group = this.#group;
    if (group === undefined) return undefined;
    this.#group = undefined;
    this.#cancel();
    const keys = [...group.keys.values()];
    const from = performance.now();
    try {
      if (keys.length > 0) this.#write(keys);
      group.done.resolve();
      return undefined;
    } catch (error) {
      for (const key of keys) this.#forget(key);
      group.done.reject(error);
      if (!(error instanceof KeysUnavailable)) throw error;
      return error;
    } finally {
      const now = performance.now();
      this.#restsUntil = now + Math.min(REST_MAX_MS, (now - from) * REST_FACTOR);
    }
  }
}
