import { either as E } from 'fp-ts';
import { absolutePathId } from '../../domain/app/definition/pathId.ts';
import { accountOf, requestOf } from '../../domain/placement/account.ts';
import type { Change } from '../../domain/placement/change.ts';
import type { Ledger } from '../../domain/placement/ledger.ts';
import { whyNot as failedFilters } from '../../domain/placement/place.ts';
import { type Remedy, remediesOf } from '../../domain/placement/remedy.ts';
import type { PlacementRequest } from '../../domain/placement/request.ts';
import { smallestOf, tryOut } from '../../domain/placement/tryOut.ts';
import type { Past } from '../../domain/ports/past.ts';
import type { NoAnswer } from '../../domain/ports/why.ts';
import type { Mended, WhyNot } from '../../domain/ports/whyNot.ts';

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
  const remedies = (remediesOf(request, ledger, node, isCordoned(at.state)) ?? []).map((each) => tried(each, request, ledger, node));
  const reasons = new Map((failedFilters(request, ledger, node) ?? []).map(({ filter, reason }) => [filter, reason]));
  const failed = remedies.map((each): Mended => ({ ...each, reason: reasons.get(each.filter) ?? 'UnfulfilledConstraint' }));
  const smallest = failed.length === 0 ? undefined : smallestOf(remedies, request, ledger, node)?.changes;
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

export const isCordoned = (state: string): boolean => state === 'attached.answering.cordoned';

/** Only changes after which the filter no longer fails for this reason. */
export const tried = (remedy: Remedy, request: PlacementRequest, ledger: Ledger, node: string): Remedy => ({
  ...remedy,
  changes: remedy.changes.filter(
    (change) =>
      !(tryOut([change], request, ledger, node) ?? []).some(({ filter, because }) => filter === remedy.filter && says(because, remedy)),
  ),
});

/** Of several constraints that a node breaks, each is a reason of its own. */
const says = (because: string, remedy: Remedy): boolean =>
  remedy.filter !== 'constraint' || because.split('; ').some((part) => part === remedy.because);

const inWords = (app: string, node: string, failed: readonly Mended[], smallest: readonly Change[] | undefined): readonly string[] => {
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
