import type { AppPlacement, Relation } from '../app/definition/placement.ts';
import { type CompiledConstraint, compileConstraints } from './constraints.ts';
import type { Reservation, Resources } from './node.ts';
import { type Related, relatedOf } from './policies/relations.ts';
import { type Wish, wishesOf } from './policies/wishes.ts';
import { claimOf } from './shares.ts';

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
  /** For whom it is counted; everyone's where absent. */
  readonly role?: string;
  readonly acceptedResourceRoles: readonly string[];
  /** See the field of an app's definition; 0 where absent. */
  readonly priority?: number;
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
  /** Those of them that ask where others are, and those about the node alone. */
  readonly counted: readonly CompiledConstraint[];
  readonly fixed: readonly CompiledConstraint[];
  /** Beside and apart from whom it must be. */
  readonly affinity: readonly Related[];
  readonly antiAffinity: readonly Related[];
  readonly wishes: readonly Wish[];
  /** The same for all that ask the same of a node, whatever is taken there. */
  readonly nodeKey: string;
  /** The same for all that ask the same, but for the constraints that count, for whom they are to be beside or apart from, and for wishes. */
  readonly key: string;
};

export const cohortOf = ({ app, cohort }: { readonly app: string; readonly cohort?: string }): string => cohort ?? app;

export const needOf = (request: PlacementRequest): Need => {
  const fixedPorts = request.hostPorts.filter((port) => port !== 0);
  const anyPorts = request.hostPorts.length - fixedPorts.length;
  const constraints = compileConstraints(request.constraints, request.instances);
  const fixed = constraints.filter(({ isCounted }) => !isCounted);
  const { image, acceptedResourceRoles, cpus, mem, disk, gpus } = request;
  const nodeKey = JSON.stringify([image, acceptedResourceRoles, fixed.map(({ text }) => text)]);
  return {
    request,
    cohort: cohortOf(request),
    cpus: thousandths(request.cpus),
    mem: thousandths(request.mem),
    disk: thousandths(request.disk),
    gpus: thousandths(request.gpus),
    fixedPorts,
    anyPorts,
    constraints,
    counted: constraints.filter(({ isCounted }) => isCounted),
    fixed,
    affinity: binding(request.placement?.affinity, request.app),
    antiAffinity: binding(request.placement?.antiAffinity, request.app),
    wishes: request.placement === undefined ? NONE : wishesOf(request.placement, request.app, request.instances),
    nodeKey,
    key: `${nodeKey} ${cpus} ${mem} ${disk} ${gpus} ${fixedPorts.join()} ${anyPorts} ${request.role ?? ''}`,
  };
};

const NONE: readonly never[] = [];

const binding = (relations: readonly Relation[] = NONE, app: string): readonly Related[] =>
  relations.length === 0 ? NONE : relations.filter(({ weight }) => weight === undefined).map((each) => relatedOf(each, app));

/** Mesos keeps three decimals of a scalar. */
export const thousandths = (amount: number): number => Math.round(amount * 1000);

/** What one instance of a request holds where it is placed. Whose resources it takes is said only where that is not everyone's. */
export const reservationFor = (
  { app, cohort, cpus, mem, disk, gpus, ...claim }: Resources & Pick<PlacementRequest, 'app' | 'cohort' | 'role' | 'acceptedResourceRoles'>,
  { instance, node, ports }: Pick<Reservation, 'instance' | 'node' | 'ports'>,
): Reservation => ({ instance, app, ...(cohort !== undefined && { cohort }), node, ...claimOf(claim), cpus, mem, disk, gpus, ports });
