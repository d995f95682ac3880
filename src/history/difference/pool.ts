import type { FieldChange } from '../../domain/app/definition/change.ts';
import type { GroupFact } from '../../domain/group/group.facts.ts';
import { keyOf } from '../../domain/kernel/ids.ts';
import type { Recorded } from '../../domain/kernel/recorded.ts';
import { same } from '../../domain/kernel/same.ts';
import type { NodeFact } from '../../domain/node/node.facts.ts';
import type { GroupDifference, NodeDifference } from '../../domain/ports/difference.ts';
import type { Views } from '../../domain/ports/views.ts';
import type { Marker } from '../mark.ts';
import { becameOf } from './apps.ts';

/** Nodes that joined, left, or stand otherwise than before. */
export const nodeDifferences = (before: Views, after: Views, facts: readonly Recorded[], markOf: Marker): readonly NodeDifference[] =>
  [...Map.groupBy(facts, ({ stream }) => keyOf(stream))].map(([node, changes]) => {
    const [was, is] = [before.nodes.get(node), after.nodes.get(node)];
    const fields =
      was === undefined || is === undefined ? [] : changed({ ...was.offer, state: was.state }, { ...is.offer, state: is.state });
    return {
      node,
      became: becameOf(
        was !== undefined,
        is !== undefined,
        fields.length > 0,
        changes.some(({ fact }) => fact.type === 'NodeRemoved'),
      ),
      ...(was !== undefined && { from: was.state }),
      ...(is !== undefined && { to: is.state }),
      fields,
      facts: changes.map((recorded) => {
        const fact = recorded.fact as NodeFact;
        return { ...markOf(recorded), ...('reason' in fact && { reason: fact.reason }) };
      }),
    };
  });

/** Groups of the tree that came, went, or need others than before. */
export const groupDifferences = (
  before: Views,
  after: Views,
  facts: readonly Recorded[],
  isWanted: (group: string) => boolean,
  markOf: Marker,
): readonly GroupDifference[] => {
  const changes = facts.filter(({ fact }) => fact.type === 'GroupsChanged');
  const named = (recorded: Recorded): readonly string[] => {
    const { put, removed } = recorded.fact as Extract<GroupFact, { type: 'GroupsChanged' }>;
    return [...put.map(({ id }) => id), ...removed];
  };
  return [...new Set(changes.flatMap(named))].filter(isWanted).map((group) => {
    const [was, is] = [before.groups.get(group), after.groups.get(group)];
    const fields = was === undefined || is === undefined ? [] : changed(was, is);
    return {
      group,
      became: becameOf(was !== undefined, is !== undefined, fields.length > 0, false),
      fields,
      facts: changes.filter((recorded) => named(recorded).includes(group)).map(markOf),
    };
  });
};

const changed = (was: object, is: object): readonly FieldChange[] => {
  const [from, to] = [was as Readonly<Record<string, unknown>>, is as Readonly<Record<string, unknown>>];
  return [...new Set([...Object.keys(from), ...Object.keys(to)])]
    .sort()
    .flatMap((field) => (same(from[field], to[field]) ? [] : [{ field, from: from[field], to: to[field] }]));
};
