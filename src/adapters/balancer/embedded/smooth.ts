/**
 * Weighted choice without dice: each turn everybody gains his share, and who has gained most is taken and pays one turn. After any number
 * of turns nobody is more than about a turn away from his share, and turns of the same one are spread out (smooth weighted round robin,
 * as nginx has it). What has been gained outlives a change of the shares, so that frequent changes favour nobody.
 */
export class SmoothTurns {
  readonly #gained = new Map<string, number>();

  /** @param shares by name; they sum to 1. None: nobody can be taken. */
  next(shares: ReadonlyMap<string, number>): string | undefined {
    let taken: string | undefined;
    let most = Number.NEGATIVE_INFINITY;
    for (const [name, share] of shares) {
      const gained = (this.#gained.get(name) ?? 0) + share;
      this.#gained.set(name, gained);
      if (share > 0 && gained > most + ROUNDING) [taken, most] = [name, gained];
    }
    if (taken !== undefined) this.#gained.set(taken, most - 1);
    return taken;
  }

  /** Forgets whoever else there was. */
  keep(names: ReadonlySet<string>): void {
    for (const name of this.#gained.keys()) if (!names.has(name)) this.#gained.delete(name);
  }
}

/** Sums of shares such as 1/3 differ by this much though they are the same. */
const ROUNDING = 1e-9;

/** Everybody alike. */
export const alike = (names: readonly string[]): ReadonlyMap<string, number> => new Map(names.map((name) => [name, 1 / names.length]));
