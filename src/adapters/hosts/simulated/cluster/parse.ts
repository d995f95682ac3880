import { either as E } from 'fp-ts';
import type { Either } from 'fp-ts/lib/Either.js';
import type { z } from 'zod';
import { type ClusterProfile, clusterProfile } from './description.ts';
import { PROFILES } from './profiles.ts';

/** What is wrong with a profile: the field, as `hosts.classes[0].cpus`, and the rule that it breaks. */
export type ProfileProblem = { readonly field: string; readonly rule: string };

/** Sections that a profile takes over from the one that it extends, field by field. */
const SECTIONS = ['hosts', 'latencies', 'faults', 'workload'] as const;

/** Reads a profile. `extends` names a built-in one: what a section does not say is taken from there. */
export const parseProfile = (document: unknown): Either<readonly ProfileProblem[], ClusterProfile> => {
  if (!isRecord(document)) return E.left([{ field: 'the profile', rule: 'must be a JSON object' }]);
  const { extends: base, ...own } = document;
  const whole = base === undefined ? own : typeof base === 'string' ? over(base, own) : undefined;
  if (whole === undefined) return E.left([{ field: 'extends', rule: `must be one of ${Object.keys(PROFILES).join(', ')}` }]);
  const parsed = clusterProfile.safeParse(whole);
  if (parsed.success) return E.right(parsed.data);
  return E.left(parsed.error.issues.flatMap((issue) => problemsOf(issue)));
};

const over = (name: string, own: Readonly<Record<string, unknown>>): object | undefined => {
  const base = Object.hasOwn(PROFILES, name) ? PROFILES[name] : undefined;
  if (base === undefined) return undefined;
  const sections = SECTIONS.flatMap((section) => {
    const mine = own[section];
    const theirs = base[section];
    return isRecord(mine) && theirs !== undefined ? [[section, { ...theirs, ...mine }]] : [];
  });
  return { ...base, ...own, ...Object.fromEntries(sections) };
};

type Issue = z.core.$ZodIssue;

/** Of alternatives, what is wrong with the one that was meant: the one that got furthest into the value. */
const problemsOf = (issue: Issue, above: readonly PropertyKey[] = []): readonly ProfileProblem[] => {
  const path = [...above, ...issue.path];
  if (issue.code === 'invalid_union') {
    const meant = issue.errors.find((each) => each.some(({ path: inside, code }) => inside.length > 0 || code !== 'invalid_type'));
    if (meant !== undefined) return meant.flatMap((each) => problemsOf(each, path));
  }
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ field: fieldOf([...path, key]), rule: 'is no field of a profile' }));
  return [{ field: fieldOf(path), rule: issue.message }];
};

const fieldOf = (path: readonly PropertyKey[]): string =>
  path.reduce<string>(
    (text, each) => (typeof each === 'number' ? `${text}[${each}]` : `${text}${text === '' ? '' : '.'}${String(each)}`),
    '',
  ) || 'the profile';

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
