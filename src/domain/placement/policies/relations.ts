import { isMeant, type Relation } from '../../app/definition/placement.ts';
import type { Filter } from '../filters.ts';
import type { Ledger } from '../ledger.ts';
import { fieldOf } from '../node.ts';
import type { Need } from '../request.ts';
import type { Keeper } from './keepers.ts';

/*
 * Beside whom and apart from whom. Of other apps all versions count; of an app itself those of the version that is placed, as with
 * constraints, so that instances about to be replaced do not stand in the way of their successors.
 */

/** How many of those that a rule means stand where its field has a value. */
export const standing = (ledger: Ledger, { app: rule, field }: Relation, { request: { app }, cohort }: Need, value: string): number => {
  if (rule === app) return ledger.cohort(cohort).values(field).get(value) ?? 0;
  const all = ledger.presence.of(rule).values(field).get(value) ?? 0;
  if (!isMeant(rule, app)) return all;
  return all - (ledger.presence.of(app).values(field).get(value) ?? 0) + (ledger.cohort(cohort).values(field).get(value) ?? 0);
};

/** How many of those that a rule means stand anywhere. */
const anywhere = (ledger: Ledger, { app: rule }: Relation, { request: { app }, cohort }: Need): number => {
  if (rule === app) return ledger.cohort(cohort).size;
  const all = ledger.presence.of(rule).size;
  return isMeant(rule, app) ? all - ledger.presence.of(app).size + ledger.cohort(cohort).size : all;
};

/** Whether a node stands beside those whom a rule means. The first of those who are meant themselves may go anywhere. */
export const isBeside = (ledger: Ledger, row: number, relation: Relation, need: Need): boolean => {
  const value = fieldOf(ledger.at(row), relation.field);
  if (value === undefined) return false;
  if (standing(ledger, relation, need, value) > 0) return true;
  return isMeant(relation.app, need.request.app) && anywhere(ledger, relation, need) === 0;
};

/** A node that lacks the field stands apart from everybody. */
export const beside = (ledger: Ledger, row: number, relation: Relation, need: Need): number => {
  const value = fieldOf(ledger.at(row), relation.field);
  return value === undefined ? 0 : standing(ledger, relation, need, value);
};

const isKeptOff = (ledger: Ledger, row: number, { app, field }: Keeper): boolean => {
  const value = fieldOf(ledger.at(row), field);
  return value !== undefined && ledger.presence.of(app).values(field).has(value);
};

/** Where a node stands, and with whom: `@zone is a, which holds 2 of /db`. */
export const whoStands = (ledger: Ledger, row: number, relation: Relation, need: Need): string => {
  const value = fieldOf(ledger.at(row), relation.field);
  if (value === undefined) return `the node has no ${relation.field}`;
  const own = relation.app === need.request.app ? "the app's own instances" : relation.app;
  return `${relation.field} is ${value}, which holds ${standing(ledger, relation, need, value)} of ${own}`;
};

const besideText = (ledger: Ledger, row: number, relation: Relation, need: Need): string =>
  `beside ${relation.app}: ${whoStands(ledger, row, relation, need)}`;

export const affinity: Filter = {
  name: 'affinity',
  reason: 'UnfulfilledConstraint',
  passes: (ledger, row, need) => need.affinity.every((relation) => isBeside(ledger, row, relation, need)),
  explain: (ledger, row, need) =>
    need.affinity
      .filter((relation) => !isBeside(ledger, row, relation, need))
      .map((relation) => besideText(ledger, row, relation, need))
      .join('; '),
  fits: (ledger, row, need) =>
    need.affinity.length === 0
      ? 'need be beside nobody'
      : need.affinity.map((relation) => besideText(ledger, row, relation, need)).join('; '),
  mayRecover: true,
};

/** Within equal requests more can only come to stand in the way: whom it turned away it turns away again. */
export const antiAffinity: Filter = {
  name: 'anti-affinity',
  reason: 'UnfulfilledConstraint',
  passes: (ledger, row, need) => {
    for (const relation of need.antiAffinity) if (beside(ledger, row, relation, need) > 0) return false;
    for (const keeper of ledger.keepers.against(need.request.app)) if (isKeptOff(ledger, row, keeper)) return false;
    return true;
  },
  explain: (ledger, row, need) =>
    [
      ...need.antiAffinity
        .filter((relation) => beside(ledger, row, relation, need) > 0)
        .map((relation) => apartText(ledger, row, relation, need)),
      ...ledger.keepers
        .against(need.request.app)
        .filter((keeper) => isKeptOff(ledger, row, keeper))
        .map((keeper) => `${keeper.app} is to be apart from it: ${whoStands(ledger, row, keeper, need)}`),
    ].join('; '),
  fits: (ledger, row, need) => {
    const keepers = ledger.keepers.against(need.request.app);
    if (need.antiAffinity.length + keepers.length === 0) return 'need be apart from nobody';
    return [
      ...need.antiAffinity.map((relation) => apartText(ledger, row, relation, need)),
      ...keepers.map((keeper) => `${keeper.app} is to be apart from it: ${whoStands(ledger, row, keeper, need)}`),
    ].join('; ');
  },
};

const apartText = (ledger: Ledger, row: number, relation: Relation, need: Need): string =>
  `apart from ${relation.app}: ${whoStands(ledger, row, relation, need)}`;
