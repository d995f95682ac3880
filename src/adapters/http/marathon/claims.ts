import { either as E } from 'fp-ts';
import { APP } from '../../../domain/app/app.facts.ts';
import type { AppDefinition } from '../../../domain/app/definition/definition.ts';
import { memberOf } from '../../../domain/group/difference.ts';
import type { GroupCommand } from '../../../domain/group/group.commands.ts';
import { ROOT_GROUP } from '../../../domain/group/group.facts.ts';
import { streamOf } from '../../../domain/kernel/ids.ts';
import type { Refusal } from '../../../domain/kernel/refusal.ts';
import { same } from '../../../domain/kernel/same.ts';
import type { Engine, Request } from '../../../domain/ports/engine.ts';
import { refused } from '../problem.ts';

/**
 * Asks for a change of one app or pod when its place in the tree of groups is made sure of; where it is refused, the tree goes back to
 * what there is. What a crash leaves in between is put right a while later.
 * @throws Problem when it has no place there
 */
export const askWithId = async <A>(
  engine: Engine,
  root: Request,
  definition: AppDefinition,
  ask: () => Promise<E.Either<Refusal, A>>,
): Promise<E.Either<Refusal, A>> => {
  const isChanged = await claimIds(engine, root, definition);
  const answer = await ask();
  if (isChanged && E.isLeft(answer)) await unclaim(engine, root, definition.id);
  return answer;
};

const unclaim = async ({ views, precede }: Engine, root: Request, id: string): Promise<void> => {
  const there = views.apps.get(id);
  const claim: GroupCommand = { type: 'ClaimMembers', members: there === undefined ? [] : [memberOf(there.definition)] };
  const version = views.groups.member(id)?.claim ?? '';
  const release: GroupCommand = { type: 'ReleaseMembers', members: [{ id, version }] };
  await precede(ROOT_GROUP, there === undefined ? release : claim, root);
};

/**
 * Before an app or pod comes, or needs others than before, its place in the tree of groups is made sure of: no group of that id, no
 * cycle.
 * @returns whether the tree was changed for it
 * @throws Problem for a refusal, recorded as one of the request
 */
const claimIds = async (engine: Engine, root: Request, definition: AppDefinition): Promise<boolean> => {
  const member = memberOf(definition);
  const { claim: _, ...known } = engine.views.groups.member(definition.id) ?? {};
  if (same(known, member)) return false;
  const command: GroupCommand = { type: 'ClaimMembers', members: [member] };
  const answer = await engine.precede(ROOT_GROUP, command, root);
  if (E.isRight(answer)) return true;
  if (answer.left.code === 'unavailable') throw refused(answer.left);
  await engine.recordRefusal(streamOf(APP, definition.id), 'DeployApp', root, answer.left);
  throw refused(answer.left);
};
