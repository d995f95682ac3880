/** Loads what a key needs, or everything; called again and again, and cheap once it is done. */
export type Loader<K> = { one(key: K): void; all(): void };

/**
 * A map whose entries come when they are asked for: one by its key, all of them when somebody goes through them. Its order is that of a map
 * into which everything had been put at its time: each entry knows at which place of the log it came.
 */
export class LazyMap<K, V> extends Map<K, V> {
  readonly #load: Loader<K>;
  readonly #now: () => number;
  readonly #came = new Map<K, number>();
  #isInOrder = true;

  /** @param now the position that is folded */
  constructor(load: Loader<K>, now: () => number) {
    super();
    this.#load = load;
    this.#now = now;
  }

  /** An entry of before; nothing is loaded for it. */
  restore(key: K, value: V, came: number): void {
    super.set(key, value);
    this.#came.set(key, came);
    this.#isInOrder = false;
  }

  /** Where the entry came; only of one that is there. */
  cameAt(key: K): number {
    return this.#came.get(key) ?? 0;
  }

  override get(key: K): V | undefined {
    this.#find(key);
    return super.get(key);
  }

  override has(key: K): boolean {
    this.#find(key);
    return super.has(key);
  }

  override set(key: K, value: V): this {
    // A map's constructor may set before its fields are there; this one never does.
    this.#find(key);
    if (!super.has(key)) this.#came.set(key, this.#now());
    return super.set(key, value);
  }

  override delete(key: K): boolean {
    this.#find(key);
    this.#came.delete(key);
    return super.delete(key);
  }

  override get size(): number {
    this.#load.all();
    return super.size;
  }

  override keys(): MapIterator<K> {
    this.#order();
    return super.keys();
  }

  override values(): MapIterator<V> {
    this.#order();
    return super.values();
  }

  override entries(): MapIterator<[K, V]> {
    this.#order();
    return super.entries();
  }

  override [Symbol.iterator](): MapIterator<[K, V]> {
    return this.entries();
  }

  override forEach(each: (value: V, key: K, map: Map<K, V>) => void): void {
    this.#order();
    super.forEach(each);
  }

  /** What is there has been loaded. */
  #find(key: K): void {
    if (!super.has(key)) this.#load.one(key);
  }

  #order(): void {
    this.#load.all();
    if (this.#isInOrder) return;
    this.#isInOrder = true;
    const entries = [...super.entries()].sort(([a], [b]) => this.cameAt(a) - this.cameAt(b));
    for (const [key] of entries) super.delete(key);
    for (const [key, value] of entries) super.set(key, value);
  }
}

/** A set that is whole as soon as somebody goes through it. */
export class LazySet<T> extends Set<T> {
  readonly #loadAll: () => void;

  constructor(loadAll: () => void) {
    super();
    this.#loadAll = loadAll;
  }

  override values(): SetIterator<T> {
    this.#loadAll();
    return super.values();
  }

  override keys(): SetIterator<T> {
    return this.values();
  }

  override [Symbol.iterator](): SetIterator<T> {
    return this.values();
  }

  override get size(): number {
    this.#loadAll();
    return super.size;
  }
}
