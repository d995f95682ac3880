import type { End } from '../await.ts';
import { CliFailure, EXIT, usage } from '../failure.ts';
import { plural } from '../render.ts';
import type { Session } from '../session.ts';
import { type Applying, apply } from './apply.ts';
import { compared, type Item } from './compare.ts';
import type { Inventory } from './marathon/inventory.ts';
import { stepsOf } from './order.ts';
import { portsNotOffered } from './portsOffered.ts';
import { type Refusals, refusalsOf } from './refusals.ts';
import { documentOf, textOf } from './show.ts';
import type { Target } from './target.ts';
import { isWithin, type Wanted } from './wanted.ts';
import { warningsOf } from './warnings.ts';

export type ImportOptions = Applying & {
  readonly yes: boolean;
  readonly dryRun: boolean;
  readonly skipUnsupported: boolean;
};

export type Import = {
  /** For people: what is imported. */
  readonly from: string;
  readonly wanted: Wanted;
  /** Where things that are only in the engine are told of; nowhere where absent. */
  readonly within?: string;
  readonly notes: readonly string[];
};

/**
 * Shows what an import would change, and makes it so when that is wanted. Nothing is written while anything is refused, unless that is to
 * be left out; nothing that is only in the engine is touched.
 */
export const runImport = async (
  session: Session,
  target: Target,
  there: Inventory,
  { from, wanted, within, notes }: Import,
  options: ImportOptions,
): Promise<void> => {
  const { io, json } = session;
  const comparison = compared(wanted, there.wanted, within);
  const refusals = await refusalsOf(comparison.items, there, target);
  const shown = {
    comparison,
    refusals,
    notes: [...notes, ...warningsOf(wanted, there.wanted, refusals), ...portsNotOffered(wanted.apps, await target.portRanges())],
  };
  const toDo = comparison.items.filter(({ id, state }) => state !== 'equal' && !refusals.has(id));
  const answer = (ends?: readonly End[]): void => {
    if (json) session.answer({ from, to: target.where, ...documentOf(shown), ...(ends !== undefined && { deployments: ends }) }, () => '');
  };
  if (!json) io.out(`${from} → ${target.where}\n${textOf(shown)}`);
  const isStopped = refusals.size > 0 && !options.skipUnsupported;
  if (isStopped || options.dryRun) {
    answer();
    if (isStopped) throw refusedBy(refusals);
    if (!json) io.out(`${toDo.length === 0 ? 'nothing would change' : `${countOf(toDo)} would be written`}; this was a dry run\n`);
    return;
  }
  if (toDo.length > 0 && !options.yes) await confirm(session, `Write ${countOf(toDo)} to ${target.where}? [y/N] `, answer);
  const ids = new Set(comparison.items.filter(({ id, kind }) => kind !== 'group' && !refusals.has(id)).map(({ id }) => id));
  const ends = await apply(session, target, stepsOf(toDo, wanted.groups, target.maxBodyBytes), ids, options);
  answer(ends);
  if (json) return;
  const left = refusals.size === 0 ? '' : `; ${refusals.size} left out`;
  io.out(`${toDo.length === 0 ? 'nothing to write: all of it is there' : `${countOf(toDo)} written`}${left}\n`);
};

const refusedBy = (refusals: Refusals): CliFailure =>
  new CliFailure(`${refusals.size} cannot be carried, and nothing was changed`, {
    details: ['change them at the source, or leave them out with --skip-unsupported'],
  });

const confirm = async ({ io, json }: Session, question: string, answer: () => void): Promise<void> => {
  if (json || io.ask === undefined) {
    answer();
    throw usage('nothing was changed: --yes writes without asking, --dry-run only shows');
  }
  const reply = await io.ask(question);
  if (!/^\s*y(es)?\s*$/i.test(reply)) throw new CliFailure('nothing was changed', { exitCode: EXIT.failed });
};

const countOf = (items: readonly Item[]): string =>
  (['group', 'app', 'pod'] as const)
    .map((kind) => [kind, items.filter((item) => item.kind === kind).length] as const)
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => plural(count, kind))
    .join(', ');

export const isAnyWithin = (wanted: Wanted, group: string): boolean =>
  [...wanted.groups, ...wanted.apps, ...wanted.pods].some(({ id }) => isWithin(id, group));
