import type { Json } from '../client.ts';
import type { Item } from './compare.ts';
import { parentOf } from './wanted.ts';

export type Nested = {
  /** As `/v2/groups` takes it for the root group. */
  readonly body: Json;
  /** Whose a path of the answer is, such as `/groups(0)/apps(1)/cpus`, and where in it. */
  idAt(path: string): { readonly id: string; readonly rest: string } | undefined;
};

type Node = { readonly path: string; readonly content: Record<string, Json> };

/** Things as a tree of groups, each in the one that its id says. */
export const nested = (items: readonly Item[]): Nested => {
  const root: Node = { path: '', content: {} };
  const nodes = new Map<string, Node>([['/', root]]);
  const ids = new Map<string, string>();
  const add = (parent: Node, field: 'groups' | 'apps' | 'pods', body: Json): string => {
    const list: Json[] = parent.content[field] ?? [];
    parent.content[field] = list;
    const path = `${parent.path}/${field}(${list.length})`;
    list.push(body);
    ids.set(path, body.id);
    return path;
  };
  const nodeOf = (id: string): Node => {
    const known = nodes.get(id);
    if (known !== undefined) return known;
    const content: Record<string, Json> = { id };
    const node = { path: add(nodeOf(parentOf(id)), 'groups', content), content };
    nodes.set(id, node);
    return node;
  };
  for (const { kind, id, body, state } of items) {
    if (kind !== 'group') add(nodeOf(parentOf(id)), kind === 'app' ? 'apps' : 'pods', body);
    else {
      const { content } = nodeOf(id);
      content.dependencies = body.dependencies;
      // Whether roles are enforced in a group that is there may not change together with anything else.
      if (body.enforceRole !== undefined && state === 'new') content.enforceRole = body.enforceRole;
    }
  }
  return {
    body: root.content,
    idAt: (path) => {
      const [place = ''] = /^(\/(groups|apps|pods)\(\d+\))+/.exec(path) ?? [];
      const id = ids.get(place);
      return id === undefined ? undefined : { id, rest: path.slice(place.length) || '/' };
    },
  };
};
