import type { FactForm, Sealed } from './codec.ts';

/** How many values of each sensitive field one key hides in a fact's data, as stored; by field, such as `definition.env.*`. */
export const sealedFields = (form: FactForm | undefined, data: unknown, key: string): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>();
  for (const path of form?.sensitive?.paths ?? []) {
    const count = leavesAt(data, path).filter((leaf) => isSealedBy(leaf, key)).length;
    if (count > 0) counts.set(path.join('.'), count);
  }
  return counts;
};

const isSealedBy = (leaf: unknown, key: string): boolean =>
  typeof leaf === 'object' && leaf !== null && '$sealed' in leaf && (leaf as Sealed).key === key;

const leavesAt = (value: unknown, [head, ...rest]: readonly string[]): readonly unknown[] => {
  if (head === undefined) return [value];
  if (typeof value !== 'object' || value === null) return [];
  if (head === '*') return Object.values(value).flatMap((each) => leavesAt(each, rest));
  return head in value ? leavesAt((value as Readonly<Record<string, unknown>>)[head], rest) : [];
};
