import { ABOUT_THE_NODE } from '../app/definition/constraintRules.ts';
import type { NodesView } from '../ports/views.ts';
import { compileConstraints } from './constraints.ts';
import { fieldOf, type Node } from './node.ts';
import { poolNode } from './poolNode.ts';
import type { PlacementRequest } from './request.ts';

type Ask = Omit<PlacementRequest, 'instances' | 'hostPorts'>;

/**
 * The nodes on which an app that is to run on every node has an instance: those that take new instances or are only out of sight, that run
 * what it is made of, lend it their resources, satisfy what it asks of a node, and are large enough when they stand empty.
 */
export const eligibleNodes = (ask: Ask, pool: readonly PoolNode[]): readonly PoolNode[] => {
  const compiled = compileConstraints(
    ask.constraints.filter(([, operator]) => ABOUT_THE_NODE.has(operator)),
    1,
  );
  return pool.filter(
    (node) =>
      (node.schedulable || node.outOfSight) &&
      (node.runtime === 'simulated' || (node.runtime === 'docker') === ask.image) &&
      ask.acceptedResourceRoles.some((role) => node.roles.includes(role)) &&
      compiled.every(({ field, allows }) => allows(fieldOf(node, field), NOBODY, () => 1)) &&
      RESOURCES.every((name) => ask[name] <= node.capacity[name]),
  );
};

export type PoolNode = Node & {
  /** It does not answer, or comes and goes. That is not dead: whoever is there is waited for. */
  readonly outOfSight: boolean;
};

const RESOURCES = ['cpus', 'mem', 'disk', 'gpus'] as const;
const NOBODY: ReadonlyMap<string | undefined, number> = new Map();

/** The ids of those in the pool as it is now. */
export const eligibleIn = (nodes: Pick<NodesView, 'all'>, ask: Ask): readonly string[] =>
  eligibleNodes(
    ask,
    [...nodes.all()].map((row) => ({
      ...poolNode(row),
      outOfSight: row.state === 'attached.unreachable' || row.state === 'attached.answering.flapping',
    })),
  ).map(({ id }) => id);

/** A live instance of the app, with its node where it has one. */
export type Resident = { readonly instance: string; readonly node?: string };

export type PerNodeChange = {
  readonly instances: number;
  /** Those that stand where they should not, or as the second one on a node. */
  readonly retire: readonly string[];
  readonly because: string;
};

/**
 * What is to change so that there is one instance on each eligible node and none elsewhere; undefined when it is so.
 * @param there live instances of the configuration that the app is to have; undefined while a deployment moves them, when only the number counts
 */
export const perNodeChange = (
  eligible: readonly string[],
  instances: number,
  there: readonly Resident[] | undefined,
): PerNodeChange | undefined => {
  const nodes = new Set(eligible);
  const kept = new Set<string>();
  const retire: string[] = [];
  const left = new Set<string>();
  for (const { instance, node } of there ?? []) {
    if (node === undefined) continue;
    if (nodes.has(node) && !kept.has(node)) kept.add(node);
    else {
      retire.push(instance);
      left.add(node);
    }
  }
  if (instances === nodes.size && retire.length === 0) return undefined;
  const missing = there === undefined ? [] : [...nodes].filter((node) => !kept.has(node));
  const because = [
    `${nodes.size} ${nodes.size === 1 ? 'node is' : 'nodes are'} eligible`,
    ...(missing.length > 0 ? [`${named(missing)} ${missing.length === 1 ? 'has' : 'have'} none`] : []),
    ...(left.size > 0 ? [`${named([...left])} ${left.size === 1 ? 'has' : 'have'} one too many`] : []),
  ].join('; ');
  return { instances: nodes.size, retire: retire.sort(), because };
};

/** Nodes named in a reason; more are counted. */
const NAMED_MAX = 5;

const named = (nodes: readonly string[]): string => {
  const sorted = nodes.toSorted();
  const more = sorted.length - NAMED_MAX;
  return more <= 0 ? sorted.join(', ') : `${sorted.slice(0, NAMED_MAX).join(', ')} and ${more} more`;
};
