import { CPUS, DISK, GPUS, MEM } from './amounts.ts';
import type { Filter } from './filters.ts';
import type { Ledger } from './ledger.ts';
import type { Node, Resources } from './node.ts';
import type { Need, PlacementRequest } from './request.ts';
import type { Score } from './scores.ts';

/** A node as a policy sees it when one more instance is to be placed; it passes all filters of the engine's own. */
export type NodeSight = Pick<Node, 'id' | 'hostname' | 'region' | 'zone' | 'attributes' | 'roles' | 'capacity'> & {
  /** What is left before this instance. */
  readonly free: Resources;
  /** Share of cpus or memory in use with this instance there, whichever is more; 0 … 1. */
  readonly load: number;
  /** Instances of the same version of the same app that are there. */
  readonly alike: number;
};

/** What is asked for. */
export type PlacementAsk = Pick<PlacementRequest, 'app' | 'instances' | 'constraints' | 'cpus' | 'mem' | 'disk' | 'gpus'>;

/**
 * How the best of the feasible nodes is chosen. Pure: the same node and the same ask give the same number. The engine's own is
 * `{ weights: { spread: 1, load: 0.5 } }`.
 */
export type PlacementPolicy = {
  /** For reports. */
  readonly name?: string;
  /** Weights of the parts of the score, each 0 where absent: `spread` per instance alike, `load` of the load, `pack` of what stays free. */
  readonly weights?: { readonly spread?: number; readonly load?: number; readonly pack?: number };
  /** Added to the weighted parts; the node with the lowest sum wins. */
  readonly score?: (node: NodeSight, ask: PlacementAsk) => number;
  /** false: not there, as if one more constraint said so. */
  readonly filter?: (node: NodeSight, ask: PlacementAsk) => boolean;
};

export const USUAL_WEIGHTS = { spread: 1, load: 0.5 } as const;
const WEIGHTS: ReadonlySet<string> = new Set(['spread', 'load', 'pack']);
const FIELDS: ReadonlySet<string> = new Set(['name', 'weights', 'score', 'filter']);

/** Whether an exported value means to be a policy at all. */
export const isPolicy = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && ['weights', 'score', 'filter'].some((field) => field in value);

/** @throws Error that names the field and the rule */
export function requirePolicy(value: unknown): asserts value is PlacementPolicy {
  if (!isPolicy(value)) throw new Error('it has no default export with `weights`, `score` or `filter`: that is a placement policy');
  for (const field of Object.keys(value)) if (!FIELDS.has(field)) throw new Error(`${field}: a policy has ${[...FIELDS].join(', ')}`);
  const { name, weights = {}, score, filter } = value;
  if (name !== undefined && typeof name !== 'string') throw new Error('name: must be a text');
  if (typeof weights !== 'object' || weights === null) throw new Error('weights: must be an object of numbers');
  for (const [part, weight] of Object.entries(weights)) {
    if (!WEIGHTS.has(part)) throw new Error(`weights.${part}: there are ${[...WEIGHTS].join(', ')}`);
    if (typeof weight !== 'number' || !Number.isFinite(weight)) throw new Error(`weights.${part}: must be a number`);
  }
  for (const [field, given] of Object.entries({ score, filter }))
    if (given !== undefined && typeof given !== 'function') throw new Error(`${field}: must be a function of a node and of what is asked`);
}

export type PolicyInUse = {
  readonly score: Score;
  readonly also?: Filter;
  /** What the policy threw, or answered that is no number; it counts for nothing from then on. */
  trouble(): string | undefined;
};

/** A policy as the search for a place uses it. */
export const policyInUse = (policy: PlacementPolicy): PolicyInUse => {
  const { weights = policy.score === undefined ? USUAL_WEIGHTS : {}, score, filter } = policy;
  const { spread = 0, load: loadWeight = 0, pack = 0 }: NonNullable<PlacementPolicy['weights']> = weights;
  let trouble: string | undefined;
  const judged = <A>(what: string, judge: () => A, usual: A, isRight: (answer: A) => boolean): A => {
    if (trouble !== undefined) return usual;
    try {
      const answer = judge();
      if (isRight(answer)) return answer;
      trouble = `${what} answered ${String(answer)}`;
    } catch (error) {
      trouble = `${what} failed: ${String((error as { readonly message?: unknown })?.message ?? error)}`;
    }
    return usual;
  };
  return {
    trouble: () => trouble,
    score: (ledger, row, need) => {
      const load = ledger.load(row, need.cpus, need.mem);
      const parts = spread * ledger.cohort(need.cohort).onRow(row) + loadWeight * load + pack * (1 - load);
      if (score === undefined) return parts;
      return parts + judged('score', () => score(sightOf(ledger, row, need), need.request), 0, Number.isFinite);
    },
    ...(filter !== undefined && {
      also: {
        name: 'policy',
        reason: 'UnfulfilledConstraint',
        passes: (ledger: Ledger, row: number, need: Need) =>
          judged(
            'filter',
            () => filter(sightOf(ledger, row, need), need.request),
            true,
            (answer) => typeof answer === 'boolean',
          ),
        explain: () => 'the policy does not take it there',
        fits: () => 'the policy takes it',
        mayRecover: true,
      } satisfies Filter,
    }),
  };
};

const sightOf = (ledger: Ledger, row: number, need: Need): NodeSight => {
  const { id, hostname, region, zone, attributes, roles, capacity } = ledger.at(row);
  const free = (column: number): number => ledger.free(row, column) / 1000;
  return {
    id,
    hostname,
    ...(region !== undefined && { region }),
    ...(zone !== undefined && { zone }),
    attributes,
    roles,
    capacity,
    free: { cpus: free(CPUS), mem: free(MEM), disk: free(DISK), gpus: free(GPUS) },
    load: ledger.load(row, need.cpus, need.mem),
    alike: ledger.cohort(need.cohort).onRow(row),
  };
};
