import { isMeant, type Relation } from '../../app/definition/placement.ts';
import { type Related, relatedOf } from './relations.ts';

/**
 * What the apps that there are must be kept apart from, which the caller keeps up to date: a rule of one holds for the other as well, or it
 * would be broken by whoever comes second.
 */
export class Keepers {
  readonly #rules = new Map<string, readonly Relation[]>();
  readonly #against = new Map<string, readonly Related[]>();
  /** Counted up when the answers may have changed. */
  revision = 0;

  /** @param antiAffinity of the app's newest definition; none when the app is gone. Wishes bind nobody else. */
  set(app: string, antiAffinity: readonly Relation[]): void {
    const rules = antiAffinity.filter(({ app: other, weight }) => weight === undefined && other !== app);
    if (rules.length === 0 && !this.#rules.has(app)) return;
    if (rules.length === 0) this.#rules.delete(app);
    else this.#rules.set(app, rules);
    this.revision += 1;
    for (const [one, before] of this.#against) {
      const now = this.#findAgainst(one);
      if (now.length !== before.length || now.some((each, nth) => !isSame(each, before[nth]))) this.#against.set(one, now);
    }
  }

  /** Those that an app must not stand beside by their own rules; the same object as long as they are the same. */
  against(app: string): readonly Related[] {
    const known = this.#against.get(app);
    if (known !== undefined) return known;
    if (this.#rules.size === 0) return NOBODY;
    const found = this.#findAgainst(app);
    this.#against.set(app, found);
    return found;
  }

  #findAgainst(app: string): readonly Related[] {
    const found = [...this.#rules].flatMap(([keeper, rules]) =>
      keeper === app ? [] : rules.flatMap(({ app: rule, field }) => (isMeant(rule, app) ? [relatedOf({ app: keeper, field }, app)] : [])),
    );
    return found.length === 0 ? NOBODY : found;
  }
}

const isSame = (a: Related, b: Related | undefined): boolean => a.app === b?.app && a.field === b.field;

const NOBODY: readonly Related[] = [];
