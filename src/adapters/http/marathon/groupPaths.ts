/** What a path below `/v2/groups` means; ids have many segments, so a suffix binds last. */
export type GroupPath = {
  readonly id: string;
  readonly suffix: '' | 'apps' | 'versions' | 'version' /** Of `versions/{version}`. */;
  readonly leaf: string;
};

/** `shop/versions/2030-…` → that version of `/shop`; `versions` → the root's. */
export const groupPath = (path: string): GroupPath => {
  const segments = path.split('/').filter((segment) => segment !== '');
  const [last = '', parent] = [segments.at(-1), segments.at(-2)];
  const named = (taken: number, suffix: GroupPath['suffix'], leaf = ''): GroupPath => ({
    id: `/${(taken === 0 ? segments : segments.slice(0, -taken)).join('/')}`,
    suffix,
    leaf,
  });
  if (last === 'apps' || last === 'versions') return named(1, last);
  if (parent === 'versions') return named(2, 'version', last);
  return named(0, '');
};
