import { either as E } from 'fp-ts';
import { readApp } from '../../../domain/app/definition/parse.ts';
import { inWords } from '../problem.ts';
import type { Item } from './compare.ts';
import type { Inventory } from './marathon/inventory.ts';
import { isWithin, type WantedGroup } from './wanted.ts';

/** Why things cannot be carried, by their ids. */
export type Refusals = ReadonlyMap<string, readonly string[]>;

/** What the engine would refuse, found before anything is written. */
export const refusalsOf = (items: readonly Item[], groups: readonly WantedGroup[], there: Inventory): Refusals => {
  const toDo = items.filter(({ state }) => state !== 'equal');
  const refused = toDo.map((item) => [item.id, reasonsOf(item, groups, there)] as const);
  return new Map(refused.filter(([, reasons]) => reasons.length > 0));
};

const reasonsOf = ({ kind, id, body }: Item, groups: readonly WantedGroup[], there: Inventory): readonly string[] => {
  if (kind === 'group') return there.groups ? [] : ['the engine has no API for groups'];
  if (kind === 'pod') return there.pods ? [] : ['the engine has no API for pods'];
  const enforced = groups.find((group) => group.enforceRole === true && isWithin(id, group.id))?.id.slice(1);
  const read = readApp(body, enforced === undefined ? {} : { roles: [enforced, '*'] });
  if (E.isRight(read)) return [];
  return read.left.details.flatMap(({ path, errors }) => errors.map((error) => inWords(path, error)));
};
