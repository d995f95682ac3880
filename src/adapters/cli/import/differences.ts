import { isObject } from '../../../domain/app/definition/readers.ts';
import { same } from '../../../domain/kernel/same.ts';

/** One place where two definitions differ, `container.docker.image`; a side that has nothing there is undefined. */
export type Difference = { readonly path: string; readonly from: unknown; readonly to: unknown };

/** All differences of two plain values, objects and lists of one length looked into. Values that may be secrets are not told. */
export const differencesOf = (from: unknown, to: unknown, path = ''): readonly Difference[] => {
  if (same(from, to)) return [];
  if (isObject(from) && isObject(to)) {
    const keys = [...new Set([...Object.keys(from), ...Object.keys(to)])].sort();
    return keys.flatMap((key) => differencesOf(from[key], to[key], path === '' ? key : `${path}.${key}`));
  }
  if (Array.isArray(from) && Array.isArray(to) && from.length === to.length)
    return from.flatMap((each, i) => differencesOf(each, to[i], `${path}(${i})`));
  if (isMap(path) && (from === undefined || to === undefined)) return differencesOf(from ?? {}, to ?? {}, path);
  return [isSecret(path) ? { path, from: masked(from), to: masked(to) } : { path, from, to }];
};

const isMap = (path: string): boolean => /^(env|environment|labels)$/.test(path);

/** The values that the log seals: environments, and passwords of registries. */
const isSecret = (path: string): boolean =>
  /(^|\.)(env|environment)\.|(^|\.)credential(\.|$)/.test(path) || /(^|\.)parameters(\(|$)/.test(path);

const masked = (value: unknown): unknown => (value === undefined ? undefined : '…');
