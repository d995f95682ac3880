import type { PoolCounters } from '../../../domain/ports/balancer.ts';
import { EMPTY_TABLE, type Listener, type RouteTable } from '../../../domain/traffic/table.ts';
import { Door } from './door.ts';
import { HttpFront } from './httpFront.ts';
import { hashFault } from './passwords.ts';
import { Serving } from './serving.ts';

/** A listener whose port another process has is tried again after so long, milliseconds. */
const AGAIN_MS = 10_000;

/** The balancer as it runs in its thread. */
export class LoadBalancer {
  readonly #serving = new Serving();
  readonly #front = new HttpFront(this.#serving);
  readonly #doors = new Map<string, Door>();
  /** Listeners that are gone, whose last connections may still be busy. */
  readonly #closing = new Set<Door>();
  readonly #onWarnings: (warnings: readonly string[]) => void;
  #turn: Promise<unknown> = Promise.resolve();
  #again: NodeJS.Timeout | undefined;

  /** @param onWarnings told when what of the table is not so has changed by itself */
  constructor(onWarnings: (warnings: readonly string[]) => void = () => undefined) {
    this.#onWarnings = onWarnings;
  }

  /** @returns what of the table is not so */
  apply(table: RouteTable): Promise<readonly string[]> {
    const turn = this.#turn.then(() => this.#apply(table));
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  counters(): readonly PoolCounters[] {
    return this.#serving.counters();
  }

  busyWith(instance: string): number {
    return this.#serving.upstreams.busyWith(instance);
  }

  async close(): Promise<void> {
    await this.apply(EMPTY_TABLE);
    clearTimeout(this.#again);
    for (const door of this.#closing) door.destroy();
    this.#serving.upstreams.close();
  }

  async #apply(table: RouteTable): Promise<readonly string[]> {
    this.#serving.update(table);
    const wanted = new Map(table.listeners.map((listener) => [Door.kindOf(listener), listener]));
    for (const [kind, door] of this.#doors) {
      if (wanted.has(kind)) continue;
      this.#doors.delete(kind);
      this.#closing.add(door);
      void door.close().then(() => this.#closing.delete(door));
    }
    const opened = await Promise.all([...wanted].map(([kind, listener]) => this.#open(kind, listener)));
    clearTimeout(this.#again);
    if ([...wanted.keys()].some((kind) => !this.#doors.has(kind)))
      this.#again = setTimeout(() => void this.apply(table).then(this.#onWarnings), AGAIN_MS);
    return [...opened.flat(), ...authWarnings(table)];
  }

  async #open(kind: string, listener: Listener): Promise<readonly string[]> {
    const known = this.#doors.get(kind);
    if (known !== undefined) return known.update(listener);
    const door = new Door(listener, this.#serving, this.#front);
    const warnings = door.update(listener);
    try {
      await door.open();
    } catch (error) {
      return [...warnings, (error as Error).message];
    }
    this.#doors.set(kind, door);
    return warnings;
  }
}

const authWarnings = ({ routes }: RouteTable): readonly string[] =>
  routes.flatMap(({ id, auth }) =>
    Object.entries(auth?.users ?? {}).flatMap(([user, hash]) => {
      const fault = hashFault(hash);
      return fault === undefined ? [] : [`user ${user} of ${id} can't log in: ${fault}`];
    }),
  );
