import { AMOUNTS, CPUS, DISK, GPUS, MEM } from './amounts.ts';
import { ChangeLog } from './changeLog.ts';
import type { Cohort } from './cohort.ts';
import { Cohorts } from './cohorts.ts';
import { FixedPorts } from './fixedPorts.ts';
import { bucketOf } from './freeIndex.ts';
import { type Held, type Holding, type HoldingOf, Holdings, reservationOfHeld } from './holdings.ts';
import { fieldOf, type Node, type Reservation } from './node.ts';
import { Keepers } from './policies/keepers.ts';
import { PortBook } from './portBook.ts';
import { thousandths } from './request.ts';
import { Shared } from './shared.ts';
import { Shares } from './shares.ts';
import { Tenants } from './tenants.ts';

/** Of each amount the most that is free, in thousandths, on any node where something was given back between two places in `grown`. */
export type Relief = { readonly since: number; readonly until: number; readonly most: readonly number[] };

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
  readonly #holdings = new Holdings();
  readonly #cohorts = new Cohorts((row, field) => this.valueOf(row, field));
  readonly #groups = new Map<string, number>();
  readonly #columns = new Map<string, (string | undefined)[]>();
  readonly #having = new Map<string, Map<string, number[]>>();
  #there = 0;
  /** Rows where something was taken or given back; the complement of one whose node is another than before. */
  readonly moved = new ChangeLog();
  /** Rows where something was given back, or whose node is another than before: whatever is remembered of them is no longer so. */
  readonly grown = new ChangeLog();
  readonly #names: number[] = [];
  /** How often a row has grown. */
  readonly #growth: number[] = [];
  /** A number that grows with each node that came, went or changed. */
  renewed = 0;
  /** What searches share. */
  readonly shared = new Shared(this);
  /** What the apps that there are ask for by number, which the caller keeps up to date. */
  readonly fixedPorts = new FixedPorts();
  /** What nodes keep for roles. */
  readonly shares = new Shares();
  /** What roles hold of the pool, and what they are promised and allowed. */
  readonly tenants = new Tenants();
  /** What they must be kept apart from, which the caller keeps up to date as well. */
  readonly keepers = new Keepers();
  /** capacity and reserved amounts: [cpus, mem, disk, gpus] per row, in thousandths. */
  #capacity = new Float64Array(AMOUNTS * 64);
  #reserved = new Float64Array(AMOUNTS * 64);

  /** Adds a node, or takes over what is new about it. Its reservations stay. */
  setNode(node: Node): void {
    const row = this.#rows.get(node.id) ?? this.#newRow();
    const known = this.#nodes[row];
    if (known === undefined || this.#gone.has(node.id)) this.#there++;
    this.#rows.set(node.id, row);
    this.#countPool(row, -1);
    if (known === undefined) this.#names[row] = hashOf(node.id);
    this.#gone.delete(node.id);
    this.#nodes[row] = node;
    this.#capacity.set([node.capacity.cpus, node.capacity.mem, node.capacity.disk, node.capacity.gpus].map(thousandths), row * AMOUNTS);
    this.#countPool(row, 1);
    this.shares.keep(row, node.reserved);
    this.#port(row).setRanges(node.portRanges);
    this.#groups.clear();
    if (known === undefined || !sameFields(known, node)) {
      for (const [field, values] of this.#columns) values[row] = fieldOf(node, field);
      if (known !== undefined) this.#cohorts.forgetFields();
    }
    this.#renew(row);
  }

  /** Forgets a node. What is still reserved on it is counted until it is removed, so that constraints stay true. */
  removeNode(id: string): void {
    const row = this.#rows.get(id);
    const node = row === undefined ? undefined : this.#nodes[row];
    if (row === undefined || node === undefined) return;
    if (this.#gone.has(id)) return;
    this.#countPool(row, -1);
    this.#nodes[row] = { ...node, schedulable: false };
    this.shares.keep(row, undefined);
    this.#there--;
    this.#groups.clear();
    if (this.#holdings.onRow(row).length === 0) this.#freeRow(row, id);
    else this.#gone.add(id);
    this.#renew(row);
  }

  /** Cordon, drain or loss: nothing new is placed; what is there stays. */
  setSchedulable(id: string, schedulable: boolean): void {
    const node = this.node(id);
    if (node !== undefined && node.schedulable !== schedulable) this.setNode({ ...node, schedulable });
  }

  /** Counts a reservation, once. Told by facts, so it is not refused when the node is too small by now. */
  add(reservation: Reservation): 'added' | 'already' | 'unknown-node' {
    const { instance, node, ports } = reservation;
    if (this.#holdings.has(instance)) return 'already';
    const row = this.#rows.get(node);
    if (row === undefined) return 'unknown-node';
    this.#take(instance, node, row, this.#holdings.holdingOf(reservation), ports);
    return 'added';
  }

  /** Counts one of many that hold the same. The caller has seen that it holds nothing yet, and that it fits. */
  reserve(instance: string, row: number, what: Holding, ports: readonly number[]): void {
    this.#take(instance, this.at(row).id, row, what, ports);
  }

  /** One object for all equal ones. */
  holdingOf(of: HoldingOf): Holding {
    return this.#holdings.holdingOf(of);
  }

  /** Gives back what an instance held; false when it held nothing. */
  remove(instance: string): boolean {
    const held = this.#holdings.take(instance);
    if (held === undefined) return false;
    const { row, node, what, ports } = held;
    this.#count(row, what, -1);
    const book = this.#port(row);
    for (const port of ports) book.release(port);
    this.#grow(row);
    if (this.#gone.has(node) && this.#holdings.onRow(row).length === 0) this.#freeRow(row, node);
    this.moved.note(row);
    return true;
  }

  /** Whether an instance holds anything. */
  holds(instance: string): boolean {
    return this.#holdings.has(instance);
  }

  reservation(instance: string): Reservation | undefined {
    const held = this.#holdings.get(instance);
    return held === undefined ? undefined : reservationOfHeld(held);
  }

  /** Everything that is held on a node, in the order in which it came. */
  heldOn(node: string): readonly Reservation[] {
    const row = this.#rows.get(node);
    return row === undefined
      ? []
      : this.heldOnRow(row)
          .toSorted((a, b) => a.nth - b.nth)
          .map(reservationOfHeld);
  }

  get reservations(): number {
    return this.#holdings.size;
  }

  node(id: string): Node | undefined {
    const row = this.#rows.get(id);
    return row === undefined || this.#gone.has(id) ? undefined : this.#nodes[row];
  }

  get size(): number {
    return this.#there;
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

  /** Rows of all nodes that there are, cordoned ones too. */
  *rows(): Generator<number> {
    for (let row = 0; row < this.#nodes.length; row++) if (this.isThere(row)) yield row;
  }

  /** Rows are numbers below this one. */
  get rowsMade(): number {
    return this.#nodes.length;
  }

  /** A number that follows from the node's id, for ties. */
  nameOf(row: number): number {
    return this.#names[row] ?? 0;
  }

  isThere(row: number): boolean {
    const node = this.#nodes[row];
    return node !== undefined && !(this.#gone.size > 0 && this.#gone.has(node.id));
  }

  /** How often something was given back on a row: what is remembered of it is good for the same number only. */
  growthOf(row: number): number {
    return this.#growth[row] ?? 0;
  }

  /** What was given back since a place in `grown`; undefined where that is too long ago. */
  reliefSince(since: number): Relief | undefined {
    if (!this.grown.reaches(since)) return undefined;
    const most = [0, 0, 0, 0];
    const until = this.grown.end;
    for (let at = since; at < until; at++) {
      const row = this.grown.at(at);
      for (let amount = 0; amount < AMOUNTS; amount++) most[amount] = Math.max(most[amount] as number, this.free(row, amount));
    }
    return { since, until, most };
  }

  /** By the share that is free of the scarcer of cpus and memory. */
  bucketOf(row: number): number {
    const at = row * AMOUNTS;
    const cpus = this.free(row, CPUS) / (this.#capacity[at + CPUS] || 1);
    const mem = this.free(row, MEM) / (this.#capacity[at + MEM] || 1);
    return bucketOf(Math.min(cpus, mem));
  }

  /** In no order of meaning. */
  heldOnRow(row: number): readonly Held[] {
    return this.#holdings.onRow(row);
  }

  /** A field's value on a node, looked up once per node and field. */
  valueOf(row: number, field: string): string | undefined {
    let values = this.#columns.get(field);
    if (values === undefined) {
      values = this.#nodes.map((node) => (node === undefined ? undefined : fieldOf(node, field)));
      this.#columns.set(field, values);
    }
    return values[row];
  }

  /** Rows of the nodes on which a field has a value. */
  rowsWith(field: string, value: string): readonly number[] {
    let having = this.#having.get(field);
    if (having === undefined) {
      having = new Map();
      for (const row of this.rows()) {
        const offered = this.valueOf(row, field);
        if (offered === undefined) continue;
        const known = having.get(offered);
        if (known === undefined) having.set(offered, [row]);
        else known.push(row);
      }
      this.#having.set(field, having);
    }
    return having.get(value) ?? NO_ROWS;
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

  /** Thousandths that a node has of an amount. */
  capacity(row: number, amount: number): number {
    return this.#capacity[row * AMOUNTS + amount] ?? 0;
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
    return this.#cohorts.get(name);
  }

  /** Another number whenever an instance of a cohort went. */
  leaving(name: string): number {
    return this.#cohorts.leaving(name);
  }

  /**
   * Instances of all versions of the apps that a predicate picks, counted together.
   * @param name the same name means the same predicate
   */
  across(name: string, counts: (app: string) => boolean): Cohort {
    return this.#cohorts.across(name, counts);
  }

  /** Distinct values of a field among the nodes that can be placed on. */
  groups(field: string): number {
    let count = this.#groups.get(field);
    if (count === undefined) {
      const values = new Set<string>();
      for (const row of this.rows()) {
        const value = this.at(row).schedulable ? this.valueOf(row, field) : undefined;
        if (value !== undefined) values.add(value);
      }
      count = values.size;
      this.#groups.set(field, count);
    }
    return count;
  }

  #take(instance: string, node: string, row: number, what: Holding, ports: readonly number[]): void {
    this.#holdings.put(instance, node, row, what, ports);
    this.#count(row, what, 1);
    if (ports.length > 0) {
      const book = this.#port(row);
      for (const port of ports) book.take(port);
    }
    this.moved.note(row);
  }

  /** Counts what a node in the pool has and what is free of it, or counts it no more. */
  #countPool(row: number, sign: 1 | -1): void {
    if (!this.isThere(row)) return;
    const { capacity, free } = this.tenants;
    const isOpen = this.at(row).schedulable;
    for (let amount = 0; amount < AMOUNTS; amount++) {
      capacity[amount] = (capacity[amount] as number) + sign * this.capacity(row, amount);
      if (isOpen) free[amount] = (free[amount] as number) + sign * this.free(row, amount);
    }
  }

  #count(row: number, what: Holding, sign: 1 | -1): void {
    const { app, cohort, thousandths: amounts } = what;
    const at = row * AMOUNTS;
    for (let amount = 0; amount < AMOUNTS; amount++)
      this.#reserved[at + amount] = (this.#reserved[at + amount] ?? 0) + sign * (amounts[amount] as number);
    this.tenants.count(what.role, amounts, sign, this.#nodes[row]?.schedulable === true);
    if (what.role !== undefined) this.shares.count(row, what, amounts, sign);
    this.#cohorts.count(cohort, app, row, sign);
  }

  #grow(row: number): void {
    this.#growth[row] = (this.#growth[row] ?? 0) + 1;
    this.grown.note(row);
  }

  #renew(row: number): void {
    this.#having.clear();
    this.renewed++;
    this.#grow(row);
    this.moved.note(~row);
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

const NO_ROWS: readonly number[] = [];

/** FNV-1a. */
const hashOf = (text: string): number => {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash;
};

const doubled = (amounts: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> => {
  const larger = new Float64Array(amounts.length * 2);
  larger.set(amounts);
  return larger;
};

const sameFields = (a: Node, b: Node): boolean =>
  a.hostname === b.hostname && a.region === b.region && a.zone === b.zone && JSON.stringify(a.attributes) === JSON.stringify(b.attributes);
