import type { Instant } from '../kernel/units.ts';
import { fieldOf, type Node } from './node.ts';

/** An instance as scaling down sees it. */
export type Candidate = {
  readonly instance: string;
  readonly condition: 'Unreachable' | 'Staging' | 'Starting' | 'Running' | string;
  /** Of a running one its start; of one that is not there yet, when it was staged. Absent: not known, and so the first to go. */
  readonly since?: Instant;
  /** Where it is; absent while it is not placed. */
  readonly node?: Pick<Node, 'hostname' | 'region' | 'zone' | 'attributes'>;
};

export type StopRules = {
  readonly constraints: readonly (readonly [field: string, operator: string, value?: string])[];
  readonly killSelection: 'YOUNGEST_FIRST' | 'OLDEST_FIRST';
};

/**
 * Whom to stop to have `count` fewer, in order (Marathon's ScalingProposition): those asked for by name, all of them even beyond the
 * count; then what keeps GROUP_BY groups even, from the largest; then by condition, the least useful first; then by age.
 */
export const pickToStop = (
  instances: readonly Candidate[],
  rules: StopRules,
  count: number,
  requested: ReadonlySet<string> = new Set(),
): readonly string[] => {
  const named = instances.filter(({ instance }) => requested.has(instance));
  const total = Math.min(instances.length, Math.max(count, named.length));
  const others = instances.filter(({ instance }) => !requested.has(instance)).sort(byUsefulness(rules.killSelection));
  const even = keepEven(others, rules, total - named.length);
  const chosen = new Set(even);
  return [...named, ...even, ...others.filter((each) => !chosen.has(each))].slice(0, total).map(({ instance }) => instance);
};

const WEIGHTS: Readonly<Record<string, number>> = { Unreachable: 1, Staging: 2, Starting: 3, Running: 4 };
const weight = (condition: string): number => WEIGHTS[condition] ?? 5;

const byUsefulness =
  (selection: StopRules['killSelection']) =>
  (a: Candidate, b: Candidate): number => {
    if (a.condition !== b.condition) return weight(a.condition) - weight(b.condition);
    if (a.since === undefined || b.since === undefined) return Number(b.since === undefined) - Number(a.since === undefined);
    return selection === 'YOUNGEST_FIRST' ? b.since - a.since : a.since - b.since;
  };

/** Up to `count` of the candidates without which every GROUP_BY stays or gets more even; fewer where none is such. */
const keepEven = (candidates: readonly Candidate[], { constraints }: StopRules, count: number): readonly Candidate[] => {
  const groupings = constraints.filter(([, operator]) => operator === 'GROUP_BY').map(([field]) => new Grouping(field, candidates));
  if (groupings.length === 0 || count <= 0) return [];
  const left = new Set(candidates);
  const picked: Candidate[] = [];
  while (picked.length < count) {
    const uneven = groupings.toSorted((a, b) => b.difference() - a.difference());
    const next = firstOf(left, uneven);
    if (next === undefined) break;
    left.delete(next);
    picked.push(next);
    for (const grouping of groupings) grouping.take(next);
  }
  return picked;
};

/** One from the largest group of the most uneven grouping that spoils none; any that spoils none where there is no such. */
const firstOf = (left: ReadonlySet<Candidate>, uneven: readonly Grouping[]): Candidate | undefined => {
  const spoilsNone = (candidate: Candidate): boolean => uneven.every((grouping) => grouping.staysEvenWithout(candidate));
  for (const grouping of uneven) {
    if (grouping.difference() === 0) continue;
    for (const candidate of left) if (grouping.inLargest(candidate) && spoilsNone(candidate)) return candidate;
  }
  for (const candidate of left) if (spoilsNone(candidate)) return candidate;
  return undefined;
};

/** How many are left in each group of one field. */
class Grouping {
  readonly #counts = new Map<string | undefined, number>();
  readonly #groupOf: (candidate: Candidate) => string | undefined;

  constructor(field: string, candidates: readonly Candidate[]) {
    this.#groupOf = ({ node }) => (node === undefined ? undefined : fieldOf(node, field));
    for (const candidate of candidates) this.#add(candidate, 1);
  }

  difference(): number {
    const counts = [...this.#counts.values()];
    return Math.max(...counts) - Math.min(...counts);
  }

  inLargest(candidate: Candidate): boolean {
    return this.#counts.get(this.#groupOf(candidate)) === Math.max(...this.#counts.values());
  }

  /**
   * Even is a difference of at most one; otherwise it may not grow. Marathon asks that it shrink at once, and so leaves 7-7-4 to the
   * ages of instances, though taking from the sevens in turn makes it even.
   */
  staysEvenWithout(candidate: Candidate): boolean {
    const before = this.difference();
    this.#add(candidate, -1);
    const after = this.difference();
    this.#add(candidate, 1);
    return after <= 1 || after <= before;
  }

  take(candidate: Candidate): void {
    this.#add(candidate, -1);
  }

  #add(candidate: Candidate, by: 1 | -1): void {
    const group = this.#groupOf(candidate);
    this.#counts.set(group, (this.#counts.get(group) ?? 0) + by);
  }
}
