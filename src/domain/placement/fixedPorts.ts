/** Host ports that apps ask for by number, on whichever node: what is given to those who take any port had better be another one. */
export class FixedPorts {
  readonly #ofApp = new Map<string, readonly number[]>();
  readonly #askers = new Map<number, number>();

  /** @param wishes one entry per host port, 0 for any; none when the app is gone. */
  set(app: string, wishes: readonly number[]): void {
    for (const port of this.#ofApp.get(app) ?? []) this.#count(port, -1);
    const fixed = wishes.filter((wish) => wish !== 0);
    if (fixed.length === 0) this.#ofApp.delete(app);
    else this.#ofApp.set(app, fixed);
    for (const port of fixed) this.#count(port, 1);
  }

  has(port: number): boolean {
    return this.#askers.has(port);
  }

  #count(port: number, by: 1 | -1): void {
    const askers = (this.#askers.get(port) ?? 0) + by;
    if (askers === 0) this.#askers.delete(port);
    else this.#askers.set(port, askers);
  }
}
