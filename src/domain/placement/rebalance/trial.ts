import { firstFailing } from '../filters.ts';
import type { Ledger } from '../ledger.ts';
import type { Reservation } from '../node.ts';
import type { Scene, Tenant } from './scene.ts';

/** One move that was tried out in the account. */
export type Step = {
  readonly tenant: Tenant;
  readonly from: number;
  readonly to: number;
  readonly gain: number;
  readonly held: Reservation;
};

/** The moves so far, done in the plan's own account, so that the next one is judged by what they leave. */
export class Trial {
  readonly ledger: Ledger;
  readonly steps: Step[] = [];
  readonly #scene: Scene;
  readonly #moved = new Set<string>();

  constructor(scene: Scene) {
    this.#scene = scene;
    this.ledger = scene.ledger;
  }

  /** Nodes that take instances. */
  *open(): Generator<number> {
    for (const row of this.ledger.rows()) if (this.ledger.at(row).schedulable) yield row;
  }

  /** Nobody is moved twice. */
  tenantOf(instance: string): Tenant | string {
    return this.#moved.has(instance) ? 'it is moved already' : this.#scene.tenantOf(instance);
  }

  mayLose(app: string): number {
    return this.#scene.mayLose(app);
  }

  /** Looks at the account as if an instance had left already; it is as before afterwards. */
  without<A>({ instance }: Tenant, look: () => A): A {
    const held = this.ledger.reservation(instance);
    this.ledger.remove(instance);
    try {
      return look();
    } finally {
      if (held !== undefined) this.ledger.add(held);
    }
  }

  /** Whether a node passes all filters for one that holds nothing. */
  takes(row: number, { need }: Tenant): boolean {
    return firstFailing(this.ledger, row, need) === undefined;
  }

  move(tenant: Tenant, from: number, to: number, gain: number): void {
    const held = this.ledger.reservation(tenant.instance);
    if (held === undefined) throw new Error(`${tenant.instance} holds nothing`);
    this.ledger.remove(tenant.instance);
    const { request } = tenant.need;
    const ports = request.hostPorts.length === 0 ? [] : this.ledger.ports(to).choose(request.hostPorts, this.ledger.fixedPorts);
    this.ledger.reserve(tenant.instance, to, this.ledger.holdingOf(request), ports);
    this.#moved.add(tenant.instance);
    this.steps.push({ tenant, from, to, gain, held });
  }

  /** Takes steps back until only so many are left; the rows that it touched. */
  backTo(count: number): readonly number[] {
    const touched: number[] = [];
    while (this.steps.length > count) {
      const { tenant, from, to, held } = this.steps.pop() as Step;
      this.ledger.remove(tenant.instance);
      this.ledger.add(held);
      this.#moved.delete(tenant.instance);
      touched.push(from, to);
    }
    return touched;
  }
}
