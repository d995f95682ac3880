import { type Change, sizeOf } from './change.ts';
import type { Ledger } from './ledger.ts';
import { type FailedFilter, whyNot } from './place.ts';
import type { Remedy } from './remedy.ts';
import type { PlacementRequest } from './request.ts';

/** What an app would ask for after a change; those of the node leave it as it is. */
export const asked = (request: PlacementRequest, change: Change): PlacementRequest => {
  switch (change.kind) {
    case 'lower':
      return { ...request, [change.what]: change.to };
    case 'drop-constraint':
      return { ...request, constraints: request.constraints.filter((each) => each.join(' ') !== change.constraint.join(' ')) };
    case 'raise-max-per': {
      const [field, operator] = change.constraint;
      const raised = [field, operator, String(change.to)] as const;
      return {
        ...request,
        constraints: request.constraints.map((each) => (each.join(' ') === change.constraint.join(' ') ? raised : each)),
      };
    }
    case 'drop-relations': {
      const { placement } = request;
      if (placement === undefined) return request;
      const kept = placement[change.of].filter(({ app, weight }) => weight !== undefined || !change.apps.includes(app));
      return { ...request, placement: { ...placement, [change.of]: kept } };
    }
    case 'accept-role':
      return { ...request, acceptedResourceRoles: [...request.acceptedResourceRoles, change.role] };
    case 'any-port':
      return { ...request, hostPorts: request.hostPorts.map((port) => (change.ports.includes(port) ? 0 : port)) };
    default:
      return request;
  }
};

/** The filters that a node still fails when all of this was done; the account is as before afterwards. Undefined for an unknown node. */
export const tryOut = (
  changes: readonly Change[],
  request: PlacementRequest,
  ledger: Ledger,
  node: string,
): readonly FailedFilter[] | undefined => {
  const wanted = changes.reduce(asked, request);
  const stopped = new Set(changes.flatMap((change) => ('stop' in change ? change.stop : [])));
  const given = [...stopped].flatMap((instance) => ledger.reservation(instance) ?? []);
  const wasSchedulable = ledger.node(node)?.schedulable;
  const isOpened = changes.some(({ kind }) => kind === 'uncordon' || kind === 'return');
  for (const { instance } of given) ledger.remove(instance);
  if (isOpened) ledger.setSchedulable(node, true);
  const failed = whyNot(wanted, ledger, node);
  if (isOpened && wasSchedulable !== undefined) ledger.setSchedulable(node, wasSchedulable);
  for (const reservation of given) ledger.add(reservation);
  return failed;
};

export type Smallest = { readonly changes: readonly Change[]; readonly size: readonly [steps: number, share: number] };

/** Of every filter that fails the first change that does, all together tried out. Undefined where there is none for one of them, or they are not enough. */
export const smallestOf = (remedies: readonly Remedy[], request: PlacementRequest, ledger: Ledger, node: string): Smallest | undefined => {
  const changes: Change[] = [];
  for (const { changes: possible } of remedies) {
    // What was stopped for one filter may be enough for the next one.
    if (possible.some((each) => each.kind !== 'lower' && changes.some((known) => isIncluded(each, known)))) continue;
    const [first] = possible;
    if (first === undefined) return undefined;
    changes.push(first);
  }
  if (tryOut(changes, request, ledger, node)?.length !== 0) return undefined;
  const sizes = changes.map(sizeOf);
  const sum = (nth: 0 | 1): number => sizes.reduce((so, size) => so + size[nth], 0);
  return { changes, size: [sum(0), sum(1)] };
};

const isIncluded = (change: Change, known: Change): boolean =>
  'stop' in change && 'stop' in known && change.stop.length > 0 && change.stop.every((instance) => known.stop.includes(instance));
