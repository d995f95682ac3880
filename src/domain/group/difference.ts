import { diffOf, type FieldChange } from '../app/definition/change.ts';
import type { AppDefinition } from '../app/definition/definition.ts';
import { isConfigChange } from '../app/definition/restarts.ts';
import { same } from '../kernel/same.ts';
import { needsOf } from './dependencies.ts';
import type { GroupNode, Member, MemberChange, PlanStep } from './group.facts.ts';
import { kindOf, type MemberMove, planSteps } from './steps.ts';
import type { Tree } from './update.ts';

/** From one tree to another: what the tree itself, its taken ids and its members go through, and in which steps. */
export type Difference = {
  readonly put: readonly GroupNode[];
  readonly removed: readonly string[];
  readonly claims: readonly Member[];
  readonly changes: readonly MemberChange[];
  readonly moves: readonly MemberMove[];
  readonly steps: readonly PlanStep[];
};

export type Manner = {
  /** The new definitions are ones of earlier. */
  readonly isRollback?: boolean;
  /** By member: the configuration that comes back. Such a member moves even where its definition does not differ. */
  readonly configVersions?: ReadonlyMap<string, string>;
  readonly restart?: 'marathon' | undefined;
  /** By member: instances to stop first when there are too many. */
  readonly retire?: ReadonlyMap<string, readonly string[]>;
};

export const differenceOf = (before: Tree, after: Tree, manner: Manner = {}): Difference => {
  const moves = movesBetween(before, after, manner.configVersions ?? new Map());
  const needs = needsOf([...after.members.values()], [...after.groups.values()]);
  return {
    put: [...after.groups.values()].filter((node) => !same(before.groups.get(node.id), node)),
    removed: [...before.groups.keys()].filter((id) => !after.groups.has(id)),
    claims: moves.flatMap(({ before: from, after: to }) =>
      to !== undefined && (from === undefined || !same(from.dependencies, to.dependencies)) ? [memberOf(to)] : [],
    ),
    changes: moves.map((move) => changeOf(move, manner)),
    moves,
    steps: planSteps(moves, needs, manner.restart),
  };
};

/** What the tree of groups knows of an app or pod. */
export const memberOf = (definition: Pick<AppDefinition, 'id' | 'dependencies' | 'pod'>): Member => ({
  id: definition.id,
  kind: kindOf(definition),
  dependencies: definition.dependencies,
});

const movesBetween = (before: Tree, after: Tree, back: ReadonlyMap<string, string>): readonly MemberMove[] =>
  [...new Set([...before.members.keys(), ...after.members.keys()])].sort().flatMap((id): readonly MemberMove[] => {
    const [from, to] = [before.members.get(id), after.members.get(id)];
    if (same(from, to) && !back.has(id)) return [];
    return [{ id, ...(from !== undefined && { before: from }), ...(to !== undefined && { after: to }) }];
  });

const changeOf = (move: MemberMove, { isRollback = false, configVersions, restart, retire }: Manner): MemberChange => {
  const { id, before, after } = move;
  const kind = kindOf(after ?? before ?? {});
  if (after === undefined) return { id, kind, reason: 'change' };
  const isScale = before !== undefined && before.instances !== after.instances && !isConfigChange(before, after, restart);
  const reason = before === undefined ? 'create' : isRollback ? 'rollback' : isScale ? 'scale' : 'change';
  const configVersion = configVersions?.get(id);
  const retired = retire?.get(id) ?? [];
  return {
    id,
    kind,
    definition: after,
    reason,
    ...(configVersion !== undefined && { configVersion }),
    ...(restart !== undefined && { restart }),
    ...(retired.length > 0 && { retire: [...retired] }),
  };
};

/** What would happen to one member, for those who look before they change. */
export type MemberDiff = {
  readonly id: string;
  readonly kind: 'app' | 'pod';
  readonly change: 'create' | 'remove' | 'update';
  readonly fields: readonly FieldChange[];
};

export const diffsOf = (moves: readonly MemberMove[]): readonly MemberDiff[] =>
  moves.map(({ id, before, after }) => ({
    id,
    kind: kindOf(after ?? before ?? {}),
    change: before === undefined ? 'create' : after === undefined ? 'remove' : 'update',
    fields: before !== undefined && after !== undefined ? diffOf(before, after) : [],
  }));
