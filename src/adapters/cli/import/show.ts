import type { Json } from '../client.ts';
import { plural, printable } from '../render.ts';
import type { Comparison, Item } from './compare.ts';
import type { Difference } from './differences.ts';
import type { Refusals } from './refusals.ts';

export type Shown = { readonly comparison: Comparison; readonly refusals: Refusals; readonly notes: readonly string[] };

/** The differences for people: what would be written, with every field that changes, what stays and what cannot be carried. */
export const textOf = ({ comparison: { items, onlyHere }, refusals, notes }: Shown): string => {
  const carried = items.filter(({ id }) => !refusals.has(id));
  const inState = (state: Item['state']): readonly Item[] => carried.filter((item) => item.state === state);
  const lines = [
    ...inState('new').map((item) => `${'new'.padEnd(10)}${nameOf(item)}${summaryOf(item)}`),
    ...inState('changed').flatMap((item) => [`${'changed'.padEnd(10)}${nameOf(item)}`, ...item.differences.map(differenceText)]),
    ...inState('equal').map((item) => `${'equal'.padEnd(10)}${nameOf(item)}`),
    ...onlyHere.map((id) => `${'only here'.padEnd(10)}${id}, which stays as it is`),
    ...[...refusals].flatMap(([id, reasons]) => [`${'refused'.padEnd(10)}${id}`, ...reasons.map((reason) => `${INDENT}${reason}`)]),
    ...[...notes, ...ignoredIn(carried)].map((note) => `note      ${note}`),
  ];
  return `${lines.map(printable).join('\n')}${lines.length === 0 ? '' : '\n'}`;
};

const INDENT = ' '.repeat(12);

const nameOf = ({ kind, id }: Item): string => (kind === 'app' ? id : `${kind} ${id}`);

const summaryOf = ({ kind, body }: Item): string => {
  if (kind === 'group') return body.dependencies.length === 0 ? '' : `  after ${body.dependencies.join(', ')}`;
  if (kind === 'pod')
    return `  ${plural(body.scaling?.instances ?? 1, 'instance')} of ${plural(body.containers?.length ?? 0, 'container')}`;
  const runs = body.container?.docker?.image ?? body.cmd ?? body.args?.join(' ') ?? '';
  return `  ${plural(body.instances ?? 1, 'instance')}  ${runs}`.trimEnd();
};

const differenceText = ({ path, from, to }: Difference): string => `${INDENT}${path}: ${valueText(from)} → ${valueText(to)}`;

const valueText = (value: unknown): string =>
  value === undefined ? 'nothing' : typeof value === 'string' ? `'${value}'` : JSON.stringify(value);

const ignoredIn = (items: readonly Item[]): readonly string[] =>
  items
    .filter(({ state }) => state !== 'equal')
    .flatMap(({ id, ignored }) => ignored.map((path) => `${id}: ${path} means nothing here and is not used`));

/** The same for programs. */
export const documentOf = ({ comparison: { items, onlyHere }, refusals, notes }: Shown): Json => {
  const carried = items.filter(({ id }) => !refusals.has(id));
  const ids = (state: Item['state']) => carried.filter((item) => item.state === state).map(({ kind, id }) => ({ kind, id }));
  return {
    new: ids('new'),
    changed: carried
      .filter(({ state }) => state === 'changed')
      .map(({ kind, id, differences }) => ({
        kind,
        id,
        differences: differences.map(({ path, from = null, to = null }) => ({ path, from, to })),
      })),
    equal: ids('equal'),
    onlyHere,
    refused: [...refusals].map(([id, reasons]) => ({ id, reasons })),
    notes: [...notes, ...ignoredIn(carried)],
  };
};
