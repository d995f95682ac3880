import { either as E } from 'fp-ts';
import { APP } from '../../../domain/app/app.facts.ts';
import type { AppDefinition } from '../../../domain/app/definition/definition.ts';
import { memberOf } from '../../../domain/group/difference.ts';
import type { GroupCommand } from '../../../domain/group/group.commands.ts';
import { ROOT_GROUP } from '../../../domain/group/group.facts.ts';
import { streamOf } from '../../../domain/kernel/ids.ts';
import { same } from '../../../domain/kernel/same.ts';
import type { Engine, Request } from '../../../domain/ports/engine.ts';
import { refused } from '../problem.ts';

/**
 * Before an app or pod comes, or needs others than before, its place in the tree of groups is made sure of: no group of that id, no
 * cycle. @throws Problem for a refusal, recorded as one of the request
 */
export const claimIds = async (engine: Engine, root: Request, definition: AppDefinition): Promise<void> => {
  const member = memberOf(definition);
  const { claim: _, ...known } = engine.views.groups.member(definition.id) ?? {};
  if (same(known, member)) return;
  const command: GroupCommand = { type: 'ClaimMembers', members: [member] };
  const answer = await engine.precede(ROOT_GROUP, command, root);
  if (E.isRight(answer)) return;
  if (answer.left.code === 'unavailable') throw refused(answer.left);
  await engine.recordRefusal(streamOf(APP, definition.id), 'DeployApp', root, answer.left);
  throw refused(answer.left);
};
