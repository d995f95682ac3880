import { isMeant } from '../app/definition/placement.ts';
import { type CompiledConstraint, compileConstraints } from './constraints.ts';
import { fieldOf, type Node, type Resources } from './node.ts';
import type { PlacementRequest } from './request.ts';

/** What an app asks for that the nodes cannot give, even if they stood empty. */
export type Shortage = {
  readonly about: 'constraints' | 'acceptedResourceRoles' | keyof Resources | 'ports' | 'placement';
  readonly text: string;
};

/**
 * Why the present pool will not hold all that is asked for. Nodes may come, so it is worth a warning and no more; what is only taken
 * at the moment is not looked at. Takes time in proportion to the nodes.
 */
export const outlookOf = (request: PlacementRequest, pool: readonly Node[]): readonly Shortage[] => {
  if (request.instances === 0) return [];
  const able = pool.filter((node) => isAble(request, node));
  if (able.length === 0)
    return [{ about: 'constraints', text: `no node of the pool runs ${request.image ? 'container images' : 'native processes'}` }];
  const lent = able.filter(({ roles }) => request.acceptedResourceRoles.some((role) => roles.includes(role)));
  if (lent.length === 0)
    return [{ about: 'acceptedResourceRoles', text: `no node has resources of ${request.acceptedResourceRoles.join(' or ')}` }];
  const fit = lent.filter(({ capacity }) => RESOURCES.every((name) => request[name] <= capacity[name]));
  const large = fit.length > 0 ? [] : tooLarge(request, lent);
  const { kept, broken } = keeping(request, lent);
  if (large.length + broken.length > 0) return [...large, ...broken];
  const both = fit.filter((node) => kept.has(node));
  if (both.length === 0) return [{ about: 'constraints', text: 'no node that satisfies the constraints is large enough' }];
  return [...tooFew(request, both), ...tooClose(request, both), ...portsTaken(request, both)];
};

/**
 * Whether one node can be seen to hold an instance, and nothing that is asked for counts nodes: then there is no shortage. Looks no further
 * than the first such node, so that a usual request costs the same in a pool of any size.
 */
export const isSurelyHeld = (request: PlacementRequest, nodes: Iterable<Node>): boolean => {
  const { constraints, hostPorts, acceptedResourceRoles } = request;
  if (hostPorts.some((port) => port !== 0) || constraints.some(([, operator]) => operator === 'UNIQUE' || operator === 'MAX_PER'))
    return false;
  const compiled = compileConstraints(constraints, request.instances);
  for (const node of nodes)
    if (
      isAble(request, node) &&
      acceptedResourceRoles.some((role) => node.roles.includes(role)) &&
      RESOURCES.every((name) => request[name] <= node.capacity[name]) &&
      compiled.every((each) => isKept(node, each))
    )
      return true;
  return false;
};

const isAble = ({ image }: PlacementRequest, { runtime }: Node): boolean => runtime === 'simulated' || (runtime === 'docker') === image;

/** A constraint on the node alone, whoever else is there: nobody is, in the pool that is looked at. */
const isKept = (node: Node, { field, allows }: CompiledConstraint): boolean => allows(fieldOf(node, field), NOBODY, () => 1);

const RESOURCES = ['cpus', 'mem', 'disk', 'gpus'] as const;

const tooLarge = (request: PlacementRequest, nodes: readonly Node[]): readonly Shortage[] => {
  const alone = RESOURCES.flatMap((name): readonly Shortage[] => {
    const largest = Math.max(...nodes.map(({ capacity }) => capacity[name]));
    return request[name] <= largest ? [] : [{ about: name, text: `no node has ${request[name]} ${name}; the largest has ${largest}` }];
  });
  return alone.length > 0 ? alone : [{ about: 'cpus', text: 'no node has as much of every resource together' }];
};

const keeping = (
  request: PlacementRequest,
  nodes: readonly Node[],
): { readonly kept: ReadonlySet<Node>; readonly broken: readonly Shortage[] } => {
  const compiled = compileConstraints(request.constraints, request.instances);
  const kept = new Set(nodes.filter((node) => compiled.every((each) => isKept(node, each))));
  if (kept.size > 0) return { kept, broken: [] };
  const broken = compiled.flatMap((each): readonly Shortage[] => {
    if (nodes.some((node) => isKept(node, each))) return [];
    const isThere = nodes.some((node) => fieldOf(node, each.field) !== undefined);
    return [{ about: 'constraints', text: isThere ? `no node satisfies ${each.text}` : `no node has the attribute of ${each.text}` }];
  });
  return { kept, broken: broken.length > 0 ? broken : [{ about: 'constraints', text: 'no node satisfies all of them' }] };
};

const NOBODY: ReadonlyMap<string | undefined, number> = new Map();

const tooFew = ({ constraints, instances }: PlacementRequest, nodes: readonly Node[]): readonly Shortage[] =>
  constraints.flatMap(([field, operator, value]): readonly Shortage[] => {
    if (operator !== 'UNIQUE' && operator !== 'MAX_PER') return [];
    const each = operator === 'UNIQUE' ? 1 : Number(value);
    const values = new Set(nodes.flatMap((node) => fieldOf(node, field) ?? [])).size;
    const most = values * each;
    return most >= instances
      ? []
      : [{ about: 'constraints', text: `${field} ${operator} leaves room for ${most} of ${instances} instances` }];
  });

/** Kept apart from itself it has one place for each value of the field, and one on each node without. */
const tooClose = ({ app, placement, instances }: PlacementRequest, nodes: readonly Node[]): readonly Shortage[] =>
  (placement?.antiAffinity ?? []).flatMap(({ app: other, field, weight }): readonly Shortage[] => {
    if (weight !== undefined || !isMeant(other, app) || nodes.some((node) => fieldOf(node, field) === undefined)) return [];
    const most = new Set(nodes.map((node) => fieldOf(node, field))).size;
    return most >= instances
      ? []
      : [{ about: 'placement', text: `apart from itself by ${field} leaves room for ${most} of ${instances} instances` }];
  });

const portsTaken = ({ hostPorts, instances }: PlacementRequest, nodes: readonly Node[]): readonly Shortage[] =>
  [...new Set(hostPorts)].flatMap((port): readonly Shortage[] => {
    if (port === 0) return [];
    const offering = nodes.filter(({ portRanges }) => portRanges.some(([from, to]) => port >= from && port <= to)).length;
    return offering >= instances ? [] : [{ about: 'ports', text: `${offering} nodes offer port ${port}, for ${instances} instances` }];
  });
