import type { Cpus, MebiBytes } from '../kernel/units.ts';
import type { RoleAmounts } from '../role/role.facts.ts';

/** What placement knows of a node: a row of the scheduling view. */
export type Node = {
  readonly id: string;
  readonly hostname: string;
  readonly address: string;
  readonly region?: string;
  readonly zone?: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Roles that may use its resources; `['*']` for everyone. */
  readonly roles: readonly string[];
  /** Kept for the apps of a role, by role; part of `capacity`. */
  readonly reserved?: Readonly<Record<string, RoleAmounts>>;
  readonly capacity: Resources;
  /** Inclusive ranges that host ports are given from. */
  readonly portRanges: readonly (readonly [from: number, to: number])[];
  /** false while cordoned, flapping, draining or unreachable. */
  readonly schedulable: boolean;
  readonly runtime: 'docker' | 'process' | 'simulated';
};

export type Resources = { readonly cpus: Cpus; readonly mem: MebiBytes; readonly disk: MebiBytes; readonly gpus: number };

/** What one instance holds on a node, from its placement until it is known to have ended. */
export type Reservation = Resources & {
  readonly instance: string;
  readonly app: string;
  /** Instances that constraints and spreading count together, usually the app and its configuration's version; the app by default. */
  readonly cohort?: string;
  readonly node: string;
  /** Whose resources it takes; everyone's where absent. */
  readonly role?: string;
  readonly acceptedResourceRoles?: readonly string[];
  readonly ports: readonly number[];
};

/** The value that a constraint's field has on a node; undefined where it has none. */
export const fieldOf = (
  node: Pick<Node, 'hostname' | 'region' | 'zone' | 'attributes'> & Partial<Pick<Node, 'id'>>,
  field: string,
): string | undefined => {
  switch (field) {
    case 'hostname':
    case '@hostname':
      return node.hostname;
    case '@node':
      return node.id;
    case '@region':
      return node.region;
    case '@zone':
      return node.zone;
    default:
      return Object.hasOwn(node.attributes, field) ? scalarText(node.attributes[field] ?? '') : undefined;
  }
};

const SCALAR = /^[0-9]+(?:\.[0-9]+)?$/;

/** Mesos' scalars are compared as `0.###`, rounded half to even; other text as it is. */
export const scalarText = (value: string): string => {
  if (!SCALAR.test(value)) return value;
  const thousandths = Number(value) * 1000;
  const floor = Math.floor(thousandths);
  const tie = thousandths - floor === 0.5;
  return String((tie ? floor + (floor % 2) : Math.round(thousandths)) / 1000);
};
