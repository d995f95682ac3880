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
    this.#against.clear();
    this.revision += 1;
  }

  /** Those that an app must not stand beside by their own rules. */
  against(app: string): readonly Related[] {
    if (this.#rules.size === 0) return NOBODY;
    let keepers = this.#against.get(app);
    if (keepers === undefined) {
      keepers = [...this.#rules].flatMap(([keeper, rules]) =>
        keeper === app ? [] : rules.flatMap(({ app: rule, field }) => (isMeant(rule, app) ? [relatedOf({ app: keeper, field }, app)] : [])),
      );
      this.#against.set(app, keepers);
    }
    return keepers;
  }
}

const NOBODY: readonly Related[] = [];
