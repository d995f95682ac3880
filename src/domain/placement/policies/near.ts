import type { Ledger } from '../ledger.ts';
import type { Need } from '../request.ts';
import { isBeside, meantBy, type Related } from './relations.ts';

/** Nodes that are looked at before all others, since those stand there whom one is to be beside. */
export type Near = {
  readonly rows: readonly number[];
  /** No other node will do. */
  readonly only: boolean;
};

/** With more of them a search finds one soon enough among all. */
const NEAR_MAX = 1024;

/**
 * Where a search begins that is to be beside others: at the nodes that have the same value as theirs. It remembers them until one of those
 * comes or goes. Undefined where there is nobody to be beside, or where it spares nothing.
 */
export class Nearby {
  readonly #ledger: Ledger;
  readonly #need: Need;
  #near: Near | undefined;
  #stamps: readonly number[] = [];
  #renewed = -1;

  constructor(ledger: Ledger, need: Need) {
    this.#ledger = ledger;
    this.#need = need;
  }

  /** @param lanesBy the field by which nodes are looked at together anyway */
  find(lanesBy: string | undefined): Near | undefined {
    const { affinity, wishes } = this.#need;
    if (affinity.length === 0 && wishes.length === 0) return undefined;
    const must = affinity.find(({ field }) => field !== lanesBy);
    const wish = wishes.find(({ beside, field }) => beside !== undefined && field !== lanesBy)?.beside;
    const related = must ?? wish;
    if (related === undefined) return undefined;
    const { came, went } = meantBy(this.#ledger, related, this.#need);
    const stamps = [came, went, this.#ledger.leaving(this.#need.cohort)];
    if (this.#renewed === this.#ledger.renewed && stamps.every((stamp, nth) => stamp === this.#stamps[nth])) return this.#near;
    this.#renewed = this.#ledger.renewed;
    this.#stamps = stamps;
    this.#near = this.#look(related, related === must);
    return this.#near;
  }

  #look(related: Related, only: boolean): Near | undefined {
    // The first of those who stay together goes wherever the field is.
    if (isBeside(this.#ledger, related, this.#need, '')) return undefined;
    const meant = meantBy(this.#ledger, related, this.#need);
    if (!only && meant.size > NEAR_MAX) return undefined;
    const values = new Set<string>();
    for (const [row] of meant.rows()) {
      const value = this.#ledger.valueOf(row, related.field);
      if (value !== undefined) values.add(value);
    }
    return { rows: [...values].flatMap((value) => this.#ledger.rowsWith(related.field, value)), only };
  }
}
