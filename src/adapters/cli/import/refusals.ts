import { either as E } from 'fp-ts';
import { readApp } from '../../../domain/app/definition/parse.ts';
import { CliFailure } from '../failure.ts';
import { inWords } from '../problem.ts';
import type { Item } from './compare.ts';
import type { Inventory } from './marathon/inventory.ts';
import { nested } from './nested.ts';
import { chunked } from './order.ts';
import type { Target } from './target.ts';
import { isWithin } from './wanted.ts';

/** Why things cannot be carried, by their ids. */
export type Refusals = ReadonlyMap<string, readonly string[]>;

/**
 * What the engine would refuse, asked before anything is written: it foresees a group that holds all of it, and says what is wrong where.
 * @throws CliFailure where it refuses the whole for a reason that is nobody's own, such as a circle of dependencies.
 */
export const refusalsOf = async (items: readonly Item[], there: Inventory, target: Target): Promise<Refusals> => {
  const toDo = items.filter(({ state }) => state !== 'equal');
  const refused = new Map<string, string[]>();
  const add = (id: string, reason: string): void => void refused.set(id, [...(refused.get(id) ?? []), reason]);
  const lacking = (item: Item): string | undefined => {
    if (item.kind === 'group' && !there.groups) return 'the engine has no API for groups';
    return item.kind === 'pod' && !there.pods ? 'the engine has no API for pods' : undefined;
  };
  for (const item of toDo) {
    const reason = lacking(item);
    if (reason !== undefined) add(item.id, reason);
    else if (!there.groups) for (const each of ownReasons(item)) add(item.id, each);
  }
  if (!there.groups) return refused;
  const asked = toDo.filter(({ id }) => !refused.has(id));
  const groups = items.filter(({ kind }) => kind === 'group');
  // Half of what may be sent leaves room for the groups around.
  for (const chunk of chunked(
    asked.filter(({ kind }) => kind !== 'group'),
    target.maxBodyBytes / 2,
    asked.length > 0,
  )) {
    const { body, idAt } = nested([...groups, ...chunk]);
    const details = await target.foresee(body);
    for (const { path, errors } of details) {
      const place = idAt(path);
      if (place === undefined)
        throw new CliFailure('this is not valid, and nothing was changed', { details: errors.map((each) => inWords(path, each)) });
      // What is wrong with a group is wrong for all that is to stand in it.
      const owners = chunk.some(({ id }) => id === place.id) ? [place.id] : asked.flatMap(({ id }) => (isWithin(id, place.id) ? [id] : []));
      for (const id of owners) for (const each of errors) add(id, inWords(place.rest, each));
    }
  }
  return refused;
};

/** Of an engine that foresees no groups: what this command line knows of definitions. */
const ownReasons = ({ kind, body }: Item): readonly string[] => {
  const read = kind === 'app' ? readApp(body) : undefined;
  if (read === undefined || E.isRight(read)) return [];
  return read.left.details.flatMap(({ path, errors }) => errors.map((error) => inWords(path, error)));
};
