import type { AppPlacement, Relation } from '../app/definition/placement.ts';
import { type CompiledConstraint, compileConstraints } from './constraints.ts';
import type { Resources } from './node.ts';
import { type Wish, wishesOf } from './policies/wishes.ts';

/** What identical instances ask of a node. */
export type PlacementRequest = Resources & {
  readonly app: string;
  /** See Reservation. */
  readonly cohort?: string;
  /** Instances that the app is to have in all; GROUP_BY divides it. */
  readonly instances: number;
  /** Whether it comes as a container image. */
  readonly image: boolean;
  readonly constraints: readonly (readonly [field: string, operator: string, value?: string])[];
  readonly acceptedResourceRoles: readonly string[];
  /** One entry per host port wanted: 0 for any, else exactly that one. */
  readonly hostPorts: readonly number[];
  /** Beside whom, apart from whom, and what had better be. */
  readonly placement?: AppPlacement;
};

/** A request in the ledger's units: thousandths of every resource, so that sums are exact. */
export type Need = {
  readonly request: PlacementRequest;
  readonly cohort: string;
  readonly cpus: number;
  readonly mem: number;
  readonly disk: number;
  readonly gpus: number;
  readonly fixedPorts: readonly number[];
  readonly anyPorts: number;
  readonly constraints: readonly CompiledConstraint[];
  /** Those that must be kept. */
  readonly affinity: readonly Relation[];
  readonly antiAffinity: readonly Relation[];
  readonly wishes: readonly Wish[];
};

export const cohortOf = ({ app, cohort }: { readonly app: string; readonly cohort?: string }): string => cohort ?? app;

export const needOf = (request: PlacementRequest): Need => {
  const fixedPorts = request.hostPorts.filter((port) => port !== 0);
  return {
    request,
    cohort: cohortOf(request),
    cpus: thousandths(request.cpus),
    mem: thousandths(request.mem),
    disk: thousandths(request.disk),
    gpus: thousandths(request.gpus),
    fixedPorts,
    anyPorts: request.hostPorts.length - fixedPorts.length,
    constraints: compileConstraints(request.constraints, request.instances),
    affinity: binding(request.placement?.affinity),
    antiAffinity: binding(request.placement?.antiAffinity),
    wishes: request.placement === undefined ? NONE : wishesOf(request.placement, request.instances),
  };
};

const NONE: readonly never[] = [];

const binding = (relations: readonly Relation[] = NONE): readonly Relation[] =>
  relations.length === 0 ? relations : relations.filter(({ weight }) => weight === undefined);

/** Mesos keeps three decimals of a scalar. */
export const thousandths = (amount: number): number => Math.round(amount * 1000);
