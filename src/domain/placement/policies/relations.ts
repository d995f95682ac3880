import { isMeant, type Relation } from '../../app/definition/placement.ts';
import type { Cohort } from '../cohort.ts';
import type { Filter } from '../filters.ts';
import type { Ledger } from '../ledger.ts';
import type { Need } from '../request.ts';

/*
 * Beside whom and apart from whom. Of other apps all versions count; of an app itself those of the version that is placed, as with
 * constraints, so that instances about to be replaced do not stand in the way of their successors.
 */

/** A relation as one app has it. */
export type Related = {
  readonly app: string;
  readonly field: string;
  readonly means: (app: string) => boolean;
  /** Whether it is about the app itself alone, or about others and the app. */
  readonly own: 'alone' | 'too' | 'not';
};

export const relatedOf = ({ app: rule, field }: Relation, app: string): Related => ({
  app: rule,
  field,
  means: (other) => isMeant(rule, other),
  own: rule === app ? 'alone' : isMeant(rule, app) ? 'too' : 'not',
});

const ofApp = (ledger: Ledger, app: string): Cohort => ledger.across(app, (other) => other === app);

/** Whom a relation means, all versions of them; of the app itself alone those of its version. */
export const meantBy = (ledger: Ledger, { app, means, own }: Related, { cohort }: Need): Cohort =>
  own === 'alone' ? ledger.cohort(cohort) : ledger.across(app, means);

/** How many of those that a relation means stand where its field has a value; a node that lacks the field stands apart from everybody. */
export const standing = (ledger: Ledger, related: Related, need: Need, value: string | undefined): number => {
  if (value === undefined) return 0;
  const { field, own } = related;
  const all = meantBy(ledger, related, need).values(field).get(value) ?? 0;
  if (own !== 'too' || all === 0) return all;
  const older =
    (ofApp(ledger, need.request.app).values(field).get(value) ?? 0) - (ledger.cohort(need.cohort).values(field).get(value) ?? 0);
  return all - older;
};

/** Whether none of those that a relation means stands anywhere. */
const isFirst = (ledger: Ledger, related: Related, need: Need): boolean => {
  const all = meantBy(ledger, related, need).size;
  return all === 0 || (related.own === 'too' && all === ofApp(ledger, need.request.app).size - ledger.cohort(need.cohort).size);
};

/** Whether a value is one where those stand whom a relation means. The first of those who are meant themselves may go wherever the field is. */
export const isBeside = (ledger: Ledger, related: Related, need: Need, value: string | undefined): boolean =>
  value !== undefined && (standing(ledger, related, need, value) > 0 || (related.own !== 'not' && isFirst(ledger, related, need)));

/** Where a node stands, and with whom: `@zone is a, which holds 2 of /db`. */
export const whoStands = (ledger: Ledger, row: number, related: Related, need: Need): string => {
  const value = ledger.valueOf(row, related.field);
  if (value === undefined) return `the node has no ${related.field}`;
  const whose = related.own === 'alone' ? "the app's own instances" : related.app;
  return `${related.field} is ${value}, which holds ${standing(ledger, related, need, value)} of ${whose}`;
};

const besideText = (ledger: Ledger, row: number, related: Related, need: Need): string =>
  `beside ${related.app}: ${whoStands(ledger, row, related, need)}`;

const isBesideRow = (ledger: Ledger, row: number, related: Related, need: Need): boolean =>
  isBeside(ledger, related, need, ledger.valueOf(row, related.field));

export const affinity: Filter = {
  name: 'affinity',
  reason: 'UnfulfilledConstraint',
  passes: (ledger, row, need) => {
    for (const related of need.affinity) if (!isBesideRow(ledger, row, related, need)) return false;
    return true;
  },
  explain: (ledger, row, need) =>
    need.affinity
      .filter((related) => !isBesideRow(ledger, row, related, need))
      .map((related) => besideText(ledger, row, related, need))
      .join('; '),
  fits: (ledger, row, need) =>
    need.affinity.length === 0
      ? 'need be beside nobody'
      : need.affinity.map((related) => besideText(ledger, row, related, need)).join('; '),
  mayRecover: true,
  awaitsOthers: true,
  applies: ({ affinity: beside }) => beside.length > 0,
  stamps: (ledger, need) => [
    ledger.renewed,
    ledger.leaving(need.cohort),
    ...need.affinity.flatMap((related) => {
      const { came, went } = meantBy(ledger, related, need);
      return [came, went];
    }),
  ],
};

/** Whom an app must be apart from: by its own rules, and by those of others. */
export const apartFrom = (ledger: Ledger, { antiAffinity: own, request }: Need): readonly Related[] => {
  const keepers = ledger.keepers.against(request.app);
  return keepers.length === 0 ? own : own.length === 0 ? keepers : [...own, ...keepers];
};

const stands = (ledger: Ledger, row: number, related: Related, need: Need): boolean =>
  standing(ledger, related, need, ledger.valueOf(row, related.field)) > 0;

const apartText = (ledger: Ledger, row: number, related: Related, need: Need): string =>
  need.antiAffinity.includes(related)
    ? `apart from ${related.app}: ${whoStands(ledger, row, related, need)}`
    : `${related.app} is to be apart from it: ${whoStands(ledger, row, related, need)}`;

export const antiAffinity: Filter = {
  name: 'anti-affinity',
  reason: 'UnfulfilledConstraint',
  passes: (ledger, row, need) => {
    for (const related of need.antiAffinity) if (stands(ledger, row, related, need)) return false;
    for (const related of ledger.keepers.against(need.request.app)) if (stands(ledger, row, related, need)) return false;
    return true;
  },
  explain: (ledger, row, need) =>
    apartFrom(ledger, need)
      .filter((related) => stands(ledger, row, related, need))
      .map((related) => apartText(ledger, row, related, need))
      .join('; '),
  fits: (ledger, row, need) => {
    const all = apartFrom(ledger, need);
    return all.length === 0 ? 'need be apart from nobody' : all.map((related) => apartText(ledger, row, related, need)).join('; ');
  },
  // Somebody may have gone elsewhere in the same zone.
  mayRecover: true,
  applies: (need, ledger) => apartFrom(ledger, need).length > 0,
  stamps: (ledger, need) => [
    ledger.renewed,
    ledger.leaving(need.cohort),
    ...apartFrom(ledger, need).map((related) => meantBy(ledger, related, need).went),
  ],
};
