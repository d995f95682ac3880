import { isBelow } from '../domain/group/tree.ts';

/** Groups below the root by which is remembered until when something is forgotten; where there are more, it is remembered of all at once. */
export const FORGOTTEN_GROUPS_MAX = 1_000;

/** By group below the root, or the root for what stands in it directly: until when an app was there of which nothing is known any more. */
export type Forgotten = Map<string, string>;

const ROOT = '/';

export const forget = (forgotten: Forgotten, app: string, until: string): void => {
  const end = app.indexOf('/', 1);
  remember(forgotten, end < 0 ? ROOT : app.slice(0, end), until);
  if (forgotten.size <= FORGOTTEN_GROUPS_MAX) return;
  const all = newestOf(forgotten.values());
  forgotten.clear();
  forgotten.set(EVERYWHERE, all);
};

/** No group is called so. */
const EVERYWHERE = '';

const remember = (forgotten: Forgotten, group: string, until: string): void => {
  if ((forgotten.get(group) ?? '') < until) forgotten.set(group, until);
};

const newestOf = (untils: Iterable<string>): string => {
  let newest = '';
  for (const until of untils) if (until > newest) newest = until;
  return newest;
};

/** From which version on all apps that were below a group are known; '' where they always were. */
export const knownFrom = (forgotten: Forgotten, group: string): string => {
  const isIn = (top: string): boolean => top === EVERYWHERE || group === ROOT || (top !== ROOT && (group === top || isBelow(group, top)));
  return newestOf([...forgotten].flatMap(([top, until]) => (isIn(top) ? [until] : [])));
};
