import type { Views } from '../../domain/ports/views.ts';

/** One table of a view: its rows, and how each is found again. */
type Table = {
  readonly name: string;
  rows(views: Views): Iterable<unknown>;
  key(row: never): string;
  get(views: Views, key: string): unknown;
};

const table = <R>(
  name: string,
  rows: (views: Views) => Iterable<R>,
  key: (row: R) => string,
  get: (views: Views, key: string) => R | undefined,
): Table => ({ name, rows, key: key as Table['key'], get });

const TABLES: readonly Table[] = [
  table(
    'roster',
    ({ roster }) => roster.all(),
    ({ stream }) => stream,
    ({ roster }, key) => roster.get(key),
  ),
  table(
    'apps',
    ({ apps }) => apps.all(),
    ({ id }) => id,
    ({ apps }, key) => apps.get(key),
  ),
  table(
    'groups',
    ({ groups }) => groups.all(),
    ({ id }) => id,
    ({ groups }, key) => groups.get(key),
  ),
  table(
    'members',
    ({ groups }) => groups.members(),
    ({ id }) => id,
    ({ groups }, key) => groups.member(key),
  ),
  table(
    'plans',
    ({ plans }) => plans.running(),
    ({ id }) => id,
    ({ plans }, key) => plans.get(key),
  ),
  table(
    'instances',
    ({ instances }) => instances.all(),
    ({ id }) => id,
    ({ instances }, key) => instances.get(key),
  ),
  table(
    'deployments',
    ({ deployments }) => deployments.running(),
    ({ id }) => id,
    ({ deployments }, key) => deployments.get(key),
  ),
  table(
    'nodes',
    ({ nodes }) => nodes.all(),
    ({ id }) => id,
    ({ nodes }, key) => nodes.get(key),
  ),
  table(
    'strategies',
    ({ strategies }) => strategies.all(),
    ({ id }) => id,
    ({ strategies }, key) => strategies.get(key),
  ),
  table(
    'roles',
    ({ roles }) => roles.all(),
    ({ role }) => role,
    ({ roles }, key) => roles.get(key),
  ),
];

export type ViewDifference = { readonly view: string; readonly key: string; readonly detail: string };

/** Differences named in one table. */
const NAMED_MAX = 10;

/** Where two folds of the same facts differ, row by row. */
export const compareViews = function* (folded: Views, held: Views): Generator<ViewDifference, void> {
  for (const { name, rows, key, get } of TABLES) {
    let named = 0;
    for (const row of rows(folded)) {
      const id = key(row as never);
      const other = get(held, id);
      if (plainOf(row) === plainOf(other)) continue;
      yield { view: name, key: id, detail: other === undefined ? 'is missing' : `differs: ${firstDifference(row, other)}` };
      if (++named >= NAMED_MAX) break;
    }
    for (const row of rows(held)) {
      const id = key(row as never);
      if (named >= NAMED_MAX) break;
      if (get(folded, id) !== undefined) continue;
      yield { view: name, key: id, detail: 'is there, and the facts know nothing of it' };
      named++;
    }
  }
};

/** As text that is the same for the same data, whatever the order of its keys. */
const plainOf = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) => {
    if (part instanceof Map) return { $map: [...part].sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)) };
    if (part instanceof Set) return { $set: [...part].map(String).sort() };
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)));
  }) ?? 'undefined';

const firstDifference = (folded: unknown, held: unknown): string => {
  const [a, b] = [folded, held] as Record<string, unknown>[];
  for (const field of new Set([...Object.keys(a ?? {}), ...Object.keys(b ?? {})])) {
    const [one, other] = [plainOf(a?.[field]), plainOf(b?.[field])];
    if (one !== other) return `${field} is ${one.slice(0, 100)} by the facts, and ${other.slice(0, 100)} there`;
  }
  return 'in its form';
};
