import { AMOUNT_NAMES } from './amounts.ts';
import { Cohort } from './cohort.ts';
import { FixedPorts } from './fixedPorts.ts';
import { FreeIndex } from './freeIndex.ts';
import { fieldOf, type Node, type Reservation } from './node.ts';
import { PortBook } from './portBook.ts';
import { cohortOf, thousandths } from './request.ts';
import { Shares } from './shares.ts';
import { Tenants } from './tenants.ts';

/**
 * What every node has, and who holds how much of it: the scheduler's own account, one writer. Amounts are whole thousandths in typed
 * arrays, so that adding and removing the same reservation leaves exactly what was before. Nodes are known by a row number inside.
 * Not a view: a mutable account, rebuilt at start from nodes and reservations in any order of reservations.
 */
export class Ledger {
  readonly #rows = new Map<string, number>();
  readonly #nodes: (Node | undefined)[] = [];
  readonly #ports: PortBook[] = [];
  readonly #vacant: number[] = [];
  /** Removed, but still holding. */
  readonly #gone = new Set<string>();
  readonly #held = new Map<string, { readonly reservation: Reservation; readonly row: number }>();
  readonly #holders: number[] = [];
  readonly #cohorts = new Map<string, Cohort>();
  readonly #groups = new Map<string, number>();
  readonly #index = new FreeIndex();
  /** What the apps that there are ask for by number, which the caller keeps up to date. */
  readonly fixedPorts = new FixedPorts();
  /** What nodes keep for roles. */
  readonly shares = new Shares();
  /** What roles hold of the pool, and what they are promised and allowed. */
  readonly tenants = new Tenants();
  /** capacity and reserved amounts: [cpus, mem, disk, gpus] per row, in thousandths. */
  #capacity = new Float64Array(AMOUNTS * 64);
  #reserved = new Float64Array(AMOUNTS * 64);

  /** Adds a node, or takes over what is new about it. Its reservations stay. */
  setNode(node: Node): void {
    const row = this.#rows.get(node.id) ?? this.#newRow();
    const known = this.#nodes[row];
    this.#rows.set(node.id, row);
    this.#countPool(row, -1);
    this.#gone.delete(node.id);
    this.#nodes[row] = node;
    this.#capacity.set([node.capacity.cpus, node.capacity.mem, node.capacity.disk, node.capacity.gpus].map(thousandths), row * AMOUNTS);
    this.#countPool(row, 1);
    this.shares.keep(row, node.reserved);
    this.#port(row).setRanges(node.portRanges);
    this.#groups.clear();
    if (known === undefined || !sameFields(known, node)) for (const cohort of this.#cohorts.values()) cohort.forgetFields();
    this.#reindex(row);
  }

  /** Forgets a node. What is still reserved on it is counted until it is removed, so that constraints stay true. */
  removeNode(id: string): void {
    const row = this.#rows.get(id);
    const node = row === undefined ? undefined : this.#nodes[row];
    if (row === undefined || node === undefined) return;
    this.#countPool(row, -1);
    this.#nodes[row] = { ...node, schedulable: false };
    this.shares.keep(row, undefined);
    this.#index.remove(row);
    this.#groups.clear();
    if ((this.#holders[row] ?? 0) === 0) this.#freeRow(row, id);
    else this.#gone.add(id);
  }

  /** Cordon, drain or loss: nothing new is placed; what is there stays. */
  setSchedulable(id: string, schedulable: boolean): void {
    const node = this.node(id);
    if (node !== undefined && node.schedulable !== schedulable) this.setNode({ ...node, schedulable });
  }

  /** Counts a reservation, once. Told by facts, so it is not refused when the node is too small by now. */
  add(reservation: Reservation): 'added' | 'already' | 'unknown-node' {
    if (this.#held.has(reservation.instance)) return 'already';
    const row = this.#rows.get(reservation.node);
    if (row === undefined) return 'unknown-node';
    this.#held.set(reservation.instance, { reservation, row });
    this.#count(reservation, row, 1);
    return 'added';
  }

  /** Gives back what an instance held; false when it held nothing. */
  remove(instance: string): boolean {
    const held = this.#held.get(instance);
    if (held === undefined) return false;
    const { reservation, row } = held;
    this.#held.delete(instance);
    this.#count(reservation, row, -1);
    if (this.#gone.has(reservation.node) && this.#holders[row] === 0) this.#freeRow(row, reservation.node);
    return true;
  }

  reservation(instance: string): Reservation | undefined {
    return this.#held.get(instance)?.reservation;
  }

  /** Everything that is held on a node, in the order in which it came. Takes time in proportion to all that is held anywhere. */
  heldOn(node: string): readonly Reservation[] {
    return [...this.#held.values()].flatMap(({ reservation }) => (reservation.node === node ? [reservation] : []));
  }

  get reservations(): number {
    return this.#held.size;
  }

  node(id: string): Node | undefined {
    const row = this.#rows.get(id);
    return row === undefined || this.#gone.has(id) ? undefined : this.#nodes[row];
  }

  get size(): number {
    return this.#index.size;
  }

  /** Nodes that hold more than they have, which only a shrunk node can: the invariant is that this is empty. */
  overcommitted(): readonly string[] {
    return [...this.#rows].flatMap(([id, row]) =>
      Array.from({ length: AMOUNTS }, (_, amount) => this.free(row, amount)).some((left) => left < 0) ? [id] : [],
    );
  }

  /** What is left of a node, in whole units; undefined for an unknown one. */
  freeOf(
    id: string,
  ): { readonly cpus: number; readonly mem: number; readonly disk: number; readonly gpus: number; readonly ports: number } | undefined {
    const row = this.#rows.get(id);
    if (row === undefined) return undefined;
    const [cpus, mem, disk, gpus] = [CPUS, MEM, DISK, GPUS].map((amount) => this.free(row, amount) / 1000);
    return { cpus: cpus ?? 0, mem: mem ?? 0, disk: disk ?? 0, gpus: gpus ?? 0, ports: this.ports(row).free };
  }

  // What follows is for filters and scores, which ask by row.

  get index(): FreeIndex {
    return this.#index;
  }

  rowOf(id: string): number | undefined {
    return this.#gone.has(id) ? undefined : this.#rows.get(id);
  }

  at(row: number): Node {
    const node = this.#nodes[row];
    if (node === undefined) throw new Error(`no node in row ${row}`);
    return node;
  }

  /** Thousandths left of an amount; negative when the node shrank below what it holds. */
  free(row: number, amount: number): number {
    const at = row * AMOUNTS + amount;
    return (this.#capacity[at] ?? 0) - (this.#reserved[at] ?? 0);
  }

  /** The larger of the used shares of cpus and memory, were `cpus` and `mem` thousandths more taken; 0 … 1 for what fits. */
  load(row: number, cpus: number, mem: number): number {
    const at = row * AMOUNTS;
    const ofCpus = ((this.#reserved[at + CPUS] ?? 0) + cpus) / (this.#capacity[at + CPUS] || 1);
    const ofMem = ((this.#reserved[at + MEM] ?? 0) + mem) / (this.#capacity[at + MEM] || 1);
    return Math.max(ofCpus, ofMem);
  }

  ports(row: number): PortBook {
    return this.#port(row);
  }

  /** Who is counted together; the empty one where nobody is. */
  cohort(name: string): Cohort {
    return this.#cohorts.get(name) ?? NOBODY;
  }

  /** Distinct values of a field among the nodes that can be placed on. */
  groups(field: string): number {
    let count = this.#groups.get(field);
    if (count === undefined) {
      const values = new Set<string>();
      for (const row of this.#index.all()) {
        const node = this.at(row);
        const value = node.schedulable ? fieldOf(node, field) : undefined;
        if (value !== undefined) values.add(value);
      }
      count = values.size;
      this.#groups.set(field, count);
    }
    return count;
  }

  /** Counts what a node in the pool has and what is free of it, or counts it no more. */
  #countPool(row: number, sign: 1 | -1): void {
    const node = this.#nodes[row];
    if (node === undefined || this.#gone.has(node.id)) return;
    for (let amount = 0; amount < AMOUNTS; amount++) {
      bump(this.tenants.capacity, amount, sign * (this.#capacity[row * AMOUNTS + amount] ?? 0));
      if (node.schedulable) bump(this.tenants.free, amount, sign * this.free(row, amount));
    }
  }

  #count(reservation: Reservation, row: number, sign: 1 | -1): void {
    const at = row * AMOUNTS;
    const cpus = sign * thousandths(reservation.cpus);
    const mem = sign * thousandths(reservation.mem);
    const disk = sign * thousandths(reservation.disk);
    const gpus = sign * thousandths(reservation.gpus);
    bump(this.#reserved, at + CPUS, cpus);
    bump(this.#reserved, at + MEM, mem);
    bump(this.#reserved, at + DISK, disk);
    bump(this.#reserved, at + GPUS, gpus);
    this.tenants.count(reservation.role, cpus, mem, disk, gpus);
    if (this.#nodes[row]?.schedulable === true) {
      bump(this.tenants.free, CPUS, -cpus);
      bump(this.tenants.free, MEM, -mem);
      bump(this.tenants.free, DISK, -disk);
      bump(this.tenants.free, GPUS, -gpus);
    }
    if (reservation.acceptedResourceRoles !== undefined) this.shares.count(row, reservation, reservation, sign);
    this.#holders[row] = (this.#holders[row] ?? 0) + sign;
    const ports = this.#port(row);
    for (const port of reservation.ports) sign === 1 ? ports.take(port) : ports.release(port);
    this.#countCohort(cohortOf(reservation), row, sign);
    if (!this.#gone.has(reservation.node)) this.#reindex(row);
  }

  #countCohort(name: string, row: number, sign: 1 | -1): void {
    let cohort = this.#cohorts.get(name);
    if (cohort === undefined) {
      cohort = new Cohort((of, field) => fieldOf(this.at(of), field));
      this.#cohorts.set(name, cohort);
    }
    cohort.count(row, sign);
    if (cohort.size === 0) this.#cohorts.delete(name);
  }

  #reindex(row: number): void {
    const at = row * AMOUNTS;
    const cpus = this.free(row, CPUS) / (this.#capacity[at + CPUS] || 1);
    const mem = this.free(row, MEM) / (this.#capacity[at + MEM] || 1);
    this.#index.set(row, Math.min(cpus, mem));
  }

  #port(row: number): PortBook {
    let ports = this.#ports[row];
    if (ports === undefined) {
      ports = new PortBook();
      this.#ports[row] = ports;
    }
    return ports;
  }

  #newRow(): number {
    const row = this.#vacant.pop() ?? this.#nodes.length;
    if ((row + 1) * AMOUNTS > this.#capacity.length) {
      this.#capacity = doubled(this.#capacity);
      this.#reserved = doubled(this.#reserved);
    }
    this.#nodes[row] = undefined;
    this.#holders[row] = 0;
    return row;
  }

  #freeRow(row: number, id: string): void {
    this.#rows.delete(id);
    this.#gone.delete(id);
    this.#nodes[row] = undefined;
    this.#ports[row] = new PortBook();
    this.shares.forget(row);
    this.#capacity.fill(0, row * AMOUNTS, (row + 1) * AMOUNTS);
    this.#vacant.push(row);
  }
}

export const CPUS = 0;
export const MEM = 1;
export const DISK = 2;
export const GPUS = 3;
const AMOUNTS = 4;

export { AMOUNT_NAMES };

const bump = (amounts: Float64Array, at: number, by: number): void => {
  amounts[at] = (amounts[at] ?? 0) + by;
};

const NOBODY = new Cohort(() => undefined);

const doubled = (amounts: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> => {
  const larger = new Float64Array(amounts.length * 2);
  larger.set(amounts);
  return larger;
};

const sameFields = (a: Node, b: Node): boolean =>
  a.hostname === b.hostname && a.region === b.region && a.zone === b.zone && JSON.stringify(a.attributes) === JSON.stringify(b.attributes);
