import { either as E } from 'fp-ts';
import { absolutePathId } from '../../domain/app/definition/pathId.ts';
import { isFlapping } from '../../domain/node/flapping.ts';
import { accountOf, requestOf } from '../../domain/placement/account.ts';
import type { Change } from '../../domain/placement/change.ts';
import { type Remedy, remediesOf } from '../../domain/placement/remedy.ts';
import { smallestOf } from '../../domain/placement/tryOut.ts';
import type { Past } from '../../domain/ports/past.ts';
import type { NoAnswer } from '../../domain/ports/why.ts';
import type { WhyNot } from '../../domain/ports/whyNot.ts';

/** Why a node would not take one more instance of an app at a position, and the smallest change after which it would. */
export const whyNot = (past: Past, app: string, node: string, position: number): E.Either<NoAnswer, WhyNot> => {
  const views = past.views(position);
  const id = absolutePathId(app);
  const row = views.apps.get(id);
  if (row === undefined) return E.left({ code: 'not-found', message: `There was no app '${id}' at position ${position}` });
  const version = row.target.configVersion;
  const definition = views.apps.definition(id, version) ?? row.definition;
  const at = views.nodes.get(node);
  const ledger = accountOf(views);
  const free = ledger.freeOf(node);
  if (at === undefined || free === undefined)
    return E.left({ code: 'not-found', message: `There was no node '${node}' in the pool at position ${position}` });
  const request = requestOf(definition, version);
  const failed = remediesOf(request, ledger, node, isCordoned(at.state)) ?? [];
  const smallest = failed.length === 0 ? undefined : smallestOf(failed, request, ledger, node)?.changes;
  return E.right({
    app: id,
    version,
    node,
    position,
    state: at.state,
    free,
    failed,
    ...(smallest !== undefined && { smallest }),
    paragraph: inWords(id, node, failed, smallest),
  });
};

/** Held back though it answers; letting it take instances again is one command. */
export const isCordoned = (state: string): boolean => state === 'attached.answering.cordoned' || isFlapping({ state });

const inWords = (app: string, node: string, failed: readonly Remedy[], smallest: readonly Change[] | undefined): readonly string[] => {
  if (failed.length === 0) return [`Node ${node} would take one more instance of ${app}: it passes every filter.`];
  return [
    `Node ${node} would not take one more instance of ${app}.`,
    ...failed.map(
      ({ filter, because, changes }) =>
        `${filter}: ${because}${changes.length === 0 ? '; no change of what it asks for would help' : `. What would help: ${changes.map(({ text }) => text).join('; or ')}`}.`,
    ),
    smallest === undefined
      ? 'No change that is known here lets it run on this node.'
      : `The smallest change that lets it run there: ${smallest.map(({ text }) => text).join(', and ')}.`,
  ];
};
