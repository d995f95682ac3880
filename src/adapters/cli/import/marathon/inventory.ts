import type { Json } from '../../client.ts';
import type { Wanted } from '../wanted.ts';
import { flattened, listed } from './tree.ts';

const GROUPS = '/v2/groups?embed=group.groups&embed=group.apps&embed=group.pods';

export type Inventory = {
  readonly wanted: Wanted;
  /** Whether groups could be asked for as such, with their dependencies and roles. */
  readonly groups: boolean;
  readonly pods: boolean;
};

/**
 * Everything that a Marathon holds: its tree of groups, or, where that is not answered, its lists.
 * @param find what a path answers, undefined where there is no such path.
 * @returns undefined where neither is there.
 */
export const inventoryOf = async (find: (path: string) => Promise<Json | undefined>): Promise<Inventory | undefined> => {
  const pods = await find('/v2/pods');
  const hasPods = Array.isArray(pods);
  const tree = await find(GROUPS);
  if (isTree(tree)) {
    const wanted = flattened(tree);
    // A tree that knows no pods leaves them to their own list.
    const missing = hasPods && wanted.pods.length === 0 ? listed([], pods).pods : wanted.pods;
    return { wanted: { ...wanted, pods: missing }, groups: true, pods: hasPods };
  }
  const apps = await find('/v2/apps');
  if (!Array.isArray(apps?.apps)) return undefined;
  return { wanted: listed(apps.apps, hasPods ? pods : []), groups: false, pods: hasPods };
};

const isTree = (body: Json): boolean => typeof body?.id === 'string' && (Array.isArray(body.apps) || Array.isArray(body.groups));
