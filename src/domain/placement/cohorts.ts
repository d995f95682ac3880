import { Cohort } from './cohort.ts';

const NOBODY = new Cohort(() => undefined);

/** All counters of an account: one per cohort, and those over several apps that somebody has asked for. */
export class Cohorts {
  readonly #own = new Map<string, Cohort>();
  readonly #appOf = new Map<string, string>();
  readonly #across = new Map<string, { readonly counts: (app: string) => boolean; readonly cohort: Cohort }>();
  /** Which of those count an app, found once per app. */
  readonly #acrossApp = new Map<string, readonly Cohort[]>();
  readonly #fieldValue: (row: number, field: string) => string | undefined;
  /** Counters that came to nothing and were dropped: what one of the same name counts later is no continuation. */
  #dropped = 0;
  #lastName: string | undefined;
  #last = NOBODY;

  constructor(fieldValue: (row: number, field: string) => string | undefined) {
    this.#fieldValue = fieldValue;
  }

  /** The empty one where nobody is. */
  get(name: string): Cohort {
    // Asked for every node that is looked at, of one name many times over.
    if (name !== this.#lastName) {
      this.#last = this.#own.get(name) ?? NOBODY;
      this.#lastName = name;
    }
    return this.#last;
  }

  /** Another number whenever an instance of a cohort went, or when the last one did. */
  leaving(name: string): number {
    return this.#own.get(name)?.went ?? -1;
  }

  /**
   * Instances of all versions of the apps that a predicate picks, counted from what there is on first use and kept up from then on.
   * @param name the same name means the same predicate
   */
  across(name: string, counts: (app: string) => boolean): Cohort {
    const known = this.#across.get(name);
    if (known !== undefined) return known.cohort;
    const cohort = new Cohort(this.#fieldValue);
    this.#across.set(name, { counts, cohort });
    this.#acrossApp.clear();
    for (const [own, each] of this.#own)
      if (counts(this.#appOf.get(own) as string)) for (const [row, count] of each.rows()) cohort.count(row, count);
    return cohort;
  }

  count(name: string, app: string, row: number, sign: 1 | -1): void {
    let cohort = this.#own.get(name);
    if (cohort === undefined) {
      cohort = new Cohort(this.#fieldValue);
      // Whoever remembers how often somebody went must not find the same number again by chance.
      cohort.went = this.#dropped;
      this.#own.set(name, cohort);
      this.#lastName = undefined;
      this.#appOf.set(name, app);
    }
    cohort.count(row, sign);
    if (cohort.size === 0) {
      this.#own.delete(name);
      this.#lastName = undefined;
      this.#appOf.delete(name);
      this.#dropped = Math.max(this.#dropped, cohort.went) + 1;
    }
    if (this.#across.size > 0) for (const each of this.#countersOf(app)) each.count(row, sign);
  }

  forgetFields(): void {
    for (const cohort of this.#own.values()) cohort.forgetFields();
    for (const { cohort } of this.#across.values()) cohort.forgetFields();
  }

  #countersOf(app: string): readonly Cohort[] {
    let counters = this.#acrossApp.get(app);
    if (counters === undefined) {
      counters = [...this.#across.values()].filter(({ counts }) => counts(app)).map(({ cohort }) => cohort);
      this.#acrossApp.set(app, counters);
    }
    return counters;
  }
}
