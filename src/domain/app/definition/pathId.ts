/**
 * Marathon's PathId: `/group/app`, absolute or relative; segments of lower-case letters, digits, inner dashes, joined by dots.
 * Checked segment by segment, since Marathon's own single expression takes exponential time on hostile ids.
 */
const LABEL = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;

const isSegment = (segment: string): boolean =>
  segment === '.' || segment === '..' || segment.split('.').every((label) => LABEL.test(label));

export const isPathId = (id: string): boolean => id.length > 0 && segmentsOf(id).every(isSegment);

const segmentsOf = (id: string): readonly string[] => id.split('/').filter((segment) => segment !== '');

/** `id` made absolute from `base`, with `.` and `..` resolved; '/' is the root. */
export const absolutePathId = (id: string, base = '/'): string => {
  const path = id.startsWith('/') ? [] : [...segmentsOf(base)];
  for (const segment of segmentsOf(id)) {
    if (segment === '..') path.pop();
    else if (segment !== '.') path.push(segment);
  }
  return `/${path.join('/')}`;
};

/** Suffix resources of the API that an id would shadow. */
export const RESERVED_SEGMENTS = ['restart', 'tasks', 'versions', '.', '..'] as const;

export const lastSegment = (id: string): string | undefined => segmentsOf(id).at(-1);

/** `/shop/web` → `shop_web`, as in task ids. No segment holds an underscore, so the way back is exact. */
export const safePath = (id: string): string => segmentsOf(id).join('_');

export const fromSafePath = (safe: string): string => `/${safe.split('_').join('/')}`;
