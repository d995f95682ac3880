import { same } from '../../kernel/same.ts';
import type { AppDefinition } from './definition.ts';

/** Compares definitions as values: order of keys is no difference, order of lists is. */
export type FieldChange = { readonly field: string; readonly from: unknown; readonly to: unknown };

/** Top-level fields that differ, with both values; unknown fields under their own names. */
export const diffOf = (a: AppDefinition, b: AppDefinition): readonly FieldChange[] => {
  const before: Readonly<Record<string, unknown>> = { ...a.extras, ...a };
  const after: Readonly<Record<string, unknown>> = { ...b.extras, ...b };
  const fields = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((field) => field !== 'extras').sort();
  return fields.flatMap((field) => (same(before[field], after[field]) ? [] : [{ field, from: before[field], to: after[field] }]));
};

/** Paths inside a stored definition whose values are sealed in the log, for a fact codec's `sensitive.paths`. */
export const SENSITIVE_PATHS: readonly (readonly string[])[] = [
  ['env', '*'],
  ['pod', 'containers', '*', 'environment', '*'],
  ['container', 'docker', 'credential', 'secret'],
  // `env` is one of them.
  ['container', 'docker', 'parameters', '*', 'value'],
];
