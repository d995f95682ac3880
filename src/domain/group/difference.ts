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

/** @param isRollback whether the new definitions are ones of earlier. */
export const differenceOf = (before: Tree, after: Tree, isRollback = false): Difference => {
  const moves = movesBetween(before, after);
  const needs = needsOf([...after.members.values()], [...after.groups.values()]);
  return {
    put: [...after.groups.values()].filter((node) => !same(before.groups.get(node.id), node)),
    removed: [...before.groups.keys()].filter((id) => !after.groups.has(id)),
    claims: moves.flatMap(({ before: from, after: to }) =>
      to !== undefined && (from === undefined || !same(from.dependencies, to.dependencies)) ? [memberOf(to)] : [],
    ),
    changes: moves.map((move) => changeOf(move, isRollback)),
    moves,
    steps: planSteps(moves, needs),
  };
};

/** What the tree of groups knows of an app or pod. */
export const memberOf = (definition: Pick<AppDefinition, 'id' | 'dependencies' | 'pod'>): Member => ({
  id: definition.id,
  kind: kindOf(definition),
  dependencies: definition.dependencies,
});

const movesBetween = (before: Tree, after: Tree): readonly MemberMove[] =>
  [...new Set([...before.members.keys(), ...after.members.keys()])].sort().flatMap((id): readonly MemberMove[] => {
    const [from, to] = [before.members.get(id), after.members.get(id)];
    if (same(from, to)) return [];
    return [{ id, ...(from !== undefined && { before: from }), ...(to !== undefined && { after: to }) }];
  });

const changeOf = (move: MemberMove, isRollback: boolean): MemberChange => {
  const { id, before, after } = move;
  const kind = kindOf(after ?? before ?? {});
  if (after === undefined) return { id, kind, reason: 'change' };
  const isScale = before !== undefined && before.instances !== after.instances && !isConfigChange(before, after);
  const reason = before === undefined ? 'create' : isRollback ? 'rollback' : isScale ? 'scale' : 'change';
  return { id, kind, definition: after, reason };
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
