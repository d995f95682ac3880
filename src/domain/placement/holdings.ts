import type { Reservation } from './node.ts';
import { thousandths } from './request.ts';
import { claimOf, sameClaim } from './shares.ts';

/** What equal instances hold, kept once for all of them: amounts in thousandths as well. */
export type Holding = Pick<Reservation, 'app' | 'cpus' | 'mem' | 'disk' | 'gpus' | 'role' | 'acceptedResourceRoles'> & {
  readonly cohort: string;
  readonly thousandths: readonly [cpus: number, mem: number, disk: number, gpus: number];
};

export type HoldingOf = Pick<Reservation, 'app' | 'cohort' | 'cpus' | 'mem' | 'disk' | 'gpus' | 'role' | 'acceptedResourceRoles'>;

export type Held = {
  readonly instance: string;
  readonly node: string;
  readonly row: number;
  readonly what: Holding;
  readonly ports: readonly number[];
  /** Where it stands among those of its node. */
  at: number;
  /** In which order they came. */
  readonly nth: number;
};

/** Who holds something, and where: by instance and by node. */
export class Holdings {
  readonly #byInstance = new Map<string, Held>();
  readonly #onRow: Held[][] = [];
  readonly #known = new Map<string, Holding>();
  #nth = 0;

  get size(): number {
    return this.#byInstance.size;
  }

  has(instance: string): boolean {
    return this.#byInstance.has(instance);
  }

  get(instance: string): Held | undefined {
    return this.#byInstance.get(instance);
  }

  /** In no order of meaning. */
  onRow(row: number): readonly Held[] {
    return this.#onRow[row] ?? NONE;
  }

  put(instance: string, node: string, row: number, what: Holding, ports: readonly number[]): void {
    let there = this.#onRow[row];
    if (there === undefined) {
      there = [];
      this.#onRow[row] = there;
    }
    const held: Held = { instance, node, row, what, ports, at: there.length, nth: this.#nth++ };
    there.push(held);
    this.#byInstance.set(instance, held);
  }

  take(instance: string): Held | undefined {
    const held = this.#byInstance.get(instance);
    if (held === undefined) return undefined;
    this.#byInstance.delete(instance);
    const there = this.#onRow[held.row] as Held[];
    const last = there.pop() as Held;
    if (last !== held) {
      there[held.at] = last;
      last.at = held.at;
    }
    return held;
  }

  /** One object for all equal ones of a cohort. */
  holdingOf(of: HoldingOf): Holding {
    const { app, cohort = app, cpus, mem, disk, gpus } = of;
    const claim = claimOf(of);
    const known = this.#known.get(cohort);
    if (
      known !== undefined &&
      known.app === app &&
      known.cpus === cpus &&
      known.mem === mem &&
      known.disk === disk &&
      known.gpus === gpus &&
      sameClaim(known, claim)
    )
      return known;
    const amounts = [thousandths(cpus), thousandths(mem), thousandths(disk), thousandths(gpus)] as const;
    const what: Holding = { app, cohort, cpus, mem, disk, gpus, ...claim, thousandths: amounts };
    if (this.#known.size >= KNOWN_MAX) this.#known.clear();
    this.#known.set(cohort, what);
    return what;
  }
}

export const reservationOfHeld = ({ instance, node, what, ports }: Held): Reservation => {
  const { app, cohort, cpus, mem, disk, gpus } = what;
  return { instance, app, cohort, node, ...claimOf(what), cpus, mem, disk, gpus, ports };
};

const NONE: readonly Held[] = [];
/** Cohorts whose holding is found again; those beyond it are made anew, which costs memory and nothing else. */
const KNOWN_MAX = 4096;
