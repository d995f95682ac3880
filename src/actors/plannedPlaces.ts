/** For whom a place is planned, and whose leaving makes it free of rules that count others of its app. */
export type PlannedPlace = { readonly node: string; readonly replaces: string };

/** Places that somebody has planned for instances to come: hints for the scheduler, known to this engine alone. */
export class PlannedPlaces {
  readonly #byInstance = new Map<string, PlannedPlace>();

  get(instance: string): PlannedPlace | undefined {
    return this.#byInstance.get(instance);
  }

  set(instance: string, place: PlannedPlace): void {
    this.#byInstance.set(instance, place);
  }

  forget(instance: string): void {
    this.#byInstance.delete(instance);
  }
}
