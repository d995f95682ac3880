import { isMeant } from '../../app/definition/placement.ts';
import { Cohort } from '../cohort.ts';

/**
 * Where the apps that rules name stand, in all their versions: counted from what is held when a rule first asks, kept up from then on, so
 * that a question costs a look into a table and a cluster without rules pays nothing.
 */
export class Presence {
  readonly #counted = new Map<string, Cohort>();
  /** By app: the counts that it goes into. */
  readonly #into = new Map<string, readonly Cohort[]>();
  readonly #fieldValue: (row: number, field: string) => string | undefined;
  readonly #held: () => Iterable<readonly [app: string, row: number]>;

  /** @param held everybody who holds a place now */
  constructor(fieldValue: (row: number, field: string) => string | undefined, held: () => Iterable<readonly [app: string, row: number]>) {
    this.#fieldValue = fieldValue;
    this.#held = held;
  }

  /** @param rule an app, or a group with `/*` behind it */
  of(rule: string): Cohort {
    const known = this.#counted.get(rule);
    if (known !== undefined) return known;
    const cohort = new Cohort(this.#fieldValue);
    for (const [app, row] of this.#held()) if (isMeant(rule, app)) cohort.count(row, 1);
    this.#counted.set(rule, cohort);
    this.#into.clear();
    return cohort;
  }

  count(app: string, row: number, by: 1 | -1): void {
    if (this.#counted.size === 0) return;
    let into = this.#into.get(app);
    if (into === undefined) {
      into = [...this.#counted].flatMap(([rule, cohort]) => (isMeant(rule, app) ? [cohort] : []));
      this.#into.set(app, into);
    }
    for (const cohort of into) cohort.count(row, by);
  }

  /** After a node came to have other values of its fields. */
  forgetFields(): void {
    for (const cohort of this.#counted.values()) cohort.forgetFields();
  }
}
