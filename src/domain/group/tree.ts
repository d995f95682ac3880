/** Whether an id stands below a group, at any depth; the group itself does not. */
export const isBelow = (id: string, group: string): boolean => (group === '/' ? id !== '/' : id.startsWith(`${group}/`));

/** The group that an id stands in directly; the root stands in none. */
export const parentOf = (id: string): string | undefined => (id === '/' ? undefined : id.slice(0, id.lastIndexOf('/')) || '/');

/** All groups that an id stands in, the root apart, outermost first: `/a/b/c` → `/a`, `/a/b`. */
export const groupsAbove = (id: string): readonly string[] => {
  const segments = id.split('/').slice(1, -1);
  return segments.map((_, depth) => `/${segments.slice(0, depth + 1).join('/')}`);
};

/** `/dev/shop/web` → `/dev`. */
export const topLevelOf = (id: string): string => `/${id.split('/')[1] ?? ''}`;
