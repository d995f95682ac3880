import { AMOUNT_NAMES, type Amounts, NO_AMOUNTS, thousandthsOf } from './amounts.ts';
import type { Node } from './node.ts';

/** Everyone's role. */
export const ANYONE = '*';

/** Whose resources somebody may take. */
export type Claim = { readonly role?: string; readonly acceptedResourceRoles?: readonly string[] };

/** The role whose reservation somebody draws on first; undefined where he takes only what is everyone's, or his node's. */
export const ownRole = ({ role, acceptedResourceRoles }: Claim): string | undefined =>
  role === undefined || role === ANYONE || acceptedResourceRoles?.includes(role) !== true ? undefined : role;

/** Whose resources, where that is not everyone's. */
export const claimOf = ({ role, acceptedResourceRoles }: Claim): Claim =>
  role === undefined || role === ANYONE ? NO_CLAIM : { role, ...(acceptedResourceRoles !== undefined && { acceptedResourceRoles }) };

const NO_CLAIM: Claim = {};

export const sameClaim = (a: Claim, b: Claim): boolean =>
  a.role === b.role && (a.role === undefined || a.acceptedResourceRoles?.join() === b.acceptedResourceRoles?.join());

/**
 * What nodes keep for roles, and how much of it is taken. Those of a role draw on its reservation first and on the rest then, all of them
 * together: who came first makes no difference, so that the account is the same in whatever order it is filled. Amounts are thousandths.
 */
export class Shares {
  readonly #kept = new Map<number, ReadonlyMap<string, Amounts>>();
  /** Held by those who draw on the reservation of their role: in all, and by those of them who take nothing else. */
  readonly #held = new Map<number, Map<string, { readonly all: Float64Array; readonly only: Float64Array }>>();
  /** By role: kept and not taken, over all nodes. */
  readonly #idle = new Map<string, Float64Array>();

  get isEmpty(): boolean {
    return this.#kept.size === 0;
  }

  keeps(row: number): boolean {
    return this.#kept.has(row);
  }

  keptFor(row: number, role: string): Amounts {
    return this.#kept.get(row)?.get(role) ?? NO_AMOUNTS;
  }

  rolesOn(row: number): readonly string[] {
    return [...(this.#kept.get(row)?.keys() ?? [])];
  }

  /** Kept for a role anywhere, and taken by nobody. */
  idle(role: string): Amounts {
    return this.#idle.get(role) ?? NO_AMOUNTS;
  }

  idleOfAll(column: number): number {
    let sum = 0;
    for (const amounts of this.#idle.values()) sum += amounts[column] ?? 0;
    return sum;
  }

  /** From now on a node keeps this, and nothing else. */
  keep(row: number, reserved: Node['reserved']): void {
    const kept = new Map(Object.entries(reserved ?? {}).map(([role, amounts]) => [role, thousandthsOf(amounts)]));
    if (kept.size === 0 && !this.#kept.has(row)) return;
    const roles = new Set([...this.rolesOn(row), ...kept.keys()]);
    for (const role of roles) this.#countIdle(row, role, -1);
    if (kept.size === 0) this.#kept.delete(row);
    else this.#kept.set(row, kept);
    for (const role of roles) this.#countIdle(row, role, 1);
  }

  count(row: number, claim: Claim, amounts: readonly number[], sign: 1 | -1): void {
    const role = ownRole(claim);
    if (role === undefined) return;
    this.#countIdle(row, role, -1);
    const { all, only } = this.#holding(row, role);
    const isPicky = claim.acceptedResourceRoles?.includes(ANYONE) !== true;
    amounts.forEach((amount, column) => {
      all[column] = (all[column] ?? 0) + sign * amount;
      if (isPicky) only[column] = (only[column] ?? 0) + sign * amount;
    });
    if (all.every((amount) => amount === 0)) this.#held.get(row)?.delete(role);
    this.#countIdle(row, role, 1);
  }

  /** What of a role's reservation is taken by nobody. */
  left(row: number, role: string, column: number): number {
    return Math.max(0, (this.keptFor(row, role)[column] ?? 0) - this.#heldBy(row, role, column));
  }

  /** What of a role's reservation somebody who takes nothing else could have, were those who do to make way. */
  leftWithin(row: number, role: string, column: number): number {
    return (this.keptFor(row, role)[column] ?? 0) - (this.#held.get(row)?.get(role)?.only[column] ?? 0);
  }

  /** Of what is free on a node: what is kept for no role. Below 0 where more is kept than the node has. */
  open(row: number, column: number, free: number): number {
    let idle = 0;
    for (const role of this.#kept.get(row)?.keys() ?? []) idle += this.left(row, role, column);
    return free - idle;
  }

  forget(row: number): void {
    this.keep(row, undefined);
    this.#held.delete(row);
  }

  #heldBy(row: number, role: string, column: number): number {
    return this.#held.get(row)?.get(role)?.all[column] ?? 0;
  }

  #holding(row: number, role: string) {
    let roles = this.#held.get(row);
    if (roles === undefined) {
      roles = new Map();
      this.#held.set(row, roles);
    }
    let holding = roles.get(role);
    if (holding === undefined) {
      holding = { all: new Float64Array(AMOUNT_NAMES.length), only: new Float64Array(AMOUNT_NAMES.length) };
      roles.set(role, holding);
    }
    return holding;
  }

  #countIdle(row: number, role: string, sign: 1 | -1): void {
    if (this.#kept.get(row)?.has(role) !== true) return;
    let idle = this.#idle.get(role);
    if (idle === undefined) {
      idle = new Float64Array(AMOUNT_NAMES.length);
      this.#idle.set(role, idle);
    }
    for (let column = 0; column < idle.length; column++) idle[column] = (idle[column] ?? 0) + sign * this.left(row, role, column);
  }
}
