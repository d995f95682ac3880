import type { RoleAmounts } from '../role/role.facts.ts';
import { AMOUNT_NAMES, type AmountName, type Amounts, thousandthsOf } from './amounts.ts';
import { ANYONE } from './shares.ts';

/** What a role is promised, and what it may have at most; what is not named is not promised, or not limited. */
export type Quota = { readonly guarantee: RoleAmounts; readonly limit: RoleAmounts };

/** How heavy a role is when there is not enough for all, where nobody said so. */
export const USUAL_WEIGHT = 1;

/** Who holds how much of the pool by role, and what each role is promised and allowed. Amounts are thousandths. */
export class Tenants {
  readonly #held = new Map<string, Float64Array>();
  readonly #weights = new Map<string, number>();
  readonly #quotas = new Map<string, { readonly quota: Quota; readonly guarantee: readonly number[]; readonly limit: readonly number[] }>();
  /** Of all nodes. */
  readonly capacity = new Float64Array(AMOUNT_NAMES.length);
  /** Of the nodes that take something. */
  readonly free = new Float64Array(AMOUNT_NAMES.length);
  #guaranteed = 0;
  /** Grows with every change of a weight or a quota. */
  revision = 0;

  /** @param isOpen whether it is on a node that takes something */
  count(role: string | undefined, amounts: readonly number[], sign: 1 | -1, isOpen: boolean): void {
    const name = role ?? ANYONE;
    let held = this.#held.get(name);
    if (held === undefined) {
      held = new Float64Array(AMOUNT_NAMES.length);
      this.#held.set(name, held);
    }
    for (let column = 0; column < held.length; column++) {
      const amount = sign * (amounts[column] as number);
      held[column] = (held[column] as number) + amount;
      if (isOpen) this.free[column] = (this.free[column] as number) - amount;
    }
  }

  held(role: string): Amounts {
    return this.#held.get(role) ?? NOTHING;
  }

  get hasQuotas(): boolean {
    return this.#quotas.size > 0;
  }

  get hasGuarantees(): boolean {
    return this.#guaranteed > 0;
  }

  /** Whether it makes a difference who is served first, priorities apart. */
  get areTold(): boolean {
    return this.#held.size > 1;
  }

  setWeight(role: string, weight: number): void {
    this.#weights.set(role, weight);
    this.revision++;
  }

  weight(role: string): number {
    return this.#weights.get(role) ?? USUAL_WEIGHT;
  }

  setQuota(role: string, quota: Quota | undefined): void {
    this.revision++;
    if (quota === undefined) this.#quotas.delete(role);
    else this.#quotas.set(role, { quota, guarantee: thousandthsOf(quota.guarantee), limit: limitsOf(quota) });
    this.#guaranteed = [...this.#quotas.values()].filter(({ guarantee }) => guarantee.some((amount) => amount > 0)).length;
  }

  quota(role: string): Quota | undefined {
    return this.#quotas.get(role)?.quota;
  }

  limit(role: string, column: number): number {
    return this.#quotas.get(role)?.limit[column] ?? Number.POSITIVE_INFINITY;
  }

  guarantee(role: string, column: number): number {
    return this.#quotas.get(role)?.guarantee[column] ?? 0;
  }

  /** Roles that are promised something, and what of it they neither have nor is kept for them. */
  owed(column: number, idle: (role: string) => number): readonly (readonly [role: string, amount: number])[] {
    return [...this.#quotas].flatMap(([role, { guarantee }]) => {
      const missing = (guarantee[column] ?? 0) - (this.held(role)[column] ?? 0) - idle(role);
      return missing > 0 ? [[role, missing] as const] : [];
    });
  }

  /** Whether a role has less of anything than it is promised. */
  isShort(role: string): boolean {
    const guarantee = this.#quotas.get(role)?.guarantee;
    return guarantee?.some((amount, column) => amount > (this.held(role)[column] ?? 0)) === true;
  }

  /**
   * The dominant share of a role by its weight: the largest share of any resource that it holds (Ghodsi et al., Dominant Resource
   * Fairness, NSDI 2011). The role with the smallest is served next.
   */
  share(role: string): number {
    return this.dominant(role).share / this.weight(role);
  }

  /** 0 … 1 of the pool, whatever the weight. */
  dominant(role: string): { readonly share: number; readonly resource: AmountName } {
    const held = this.held(role);
    let best: { readonly share: number; readonly resource: AmountName } = { share: 0, resource: 'cpus' };
    AMOUNT_NAMES.forEach((resource, column) => {
      const share = (held[column] ?? 0) / (this.capacity[column] || Number.POSITIVE_INFINITY);
      if (share > best.share) best = { share, resource };
    });
    return best;
  }
}

const NOTHING: Amounts = [0, 0, 0, 0];

const limitsOf = ({ limit }: Quota): readonly number[] =>
  AMOUNT_NAMES.map((name) => (limit[name] === undefined ? Number.POSITIVE_INFINITY : Math.round(limit[name] * 1000)));
