import type { Command } from 'commander';
import type { PlanMove, PlanReport } from '../../../domain/ports/whatIf.ts';
import { CliFailure } from '../failure.ts';
import type { Io } from '../io.ts';
import { endOf, type PastIn, pastIn, placeIn } from '../pastIn.ts';
import { plural, table } from '../render.ts';
import { seedIn } from './whatIf.ts';

type Options = { readonly seed: number; readonly forGood?: boolean };

/** `wharf plan`: what something would come to, tried on simulated hosts. */
export const addPlanCommands = (program: Command, io: Io): void => {
  const plan = program
    .command('plan')
    .description('Try something on simulated hosts that run what runs now (or ran, with --at). Nothing is done, and nothing written.');
  const run = async (
    command: Command,
    work: (opened: PastIn, place: { position: number; at: number }) => Promise<PlanReport>,
  ): Promise<void> => {
    const opened = await pastIn(command, io);
    try {
      const { at, json = false } = command.optsWithGlobals<{ readonly at?: string; readonly json?: boolean }>();
      const place = at === undefined ? endOf(opened) : placeIn(opened, at, '--at');
      const report = await work(opened, place);
      io.out(json ? `${JSON.stringify(report)}\n` : planText(report, io.terminal?.columns));
    } catch (error) {
      throw error instanceof CliFailure ? error : new CliFailure((error as Error).message);
    } finally {
      opened.close();
    }
  };
  plan
    .command('drain <node>')
    .description("Cordon a node and stop each app's instances there one after the other, the next one when the app is whole again.")
    .option('--file <log>', 'the log file; that of the data directory unless told')
    .option('--seed <number>', 'of the sandbox', seedIn, 1)
    .addHelpText('after', '\nExamples:\n  $ wharf plan drain n7\n  $ wharf plan drain n7 --json --file backup.sqlite')
    .action((node: string, { seed }: Options, command: Command) =>
      run(command, async ({ past }, place) => (await import('../../../whatIf/plans.ts')).planDrain(past, node, { seed, ...place })),
    );
  plan
    .command('lose <what>')
    .description('Let nodes stop answering at once: a node, or all with <attribute>=<value>, zone=<zone> or region=<region>.')
    .option('--for-good', 'they are removed from the pool, instead of being out of reach')
    .option('--file <log>', 'the log file; that of the data directory unless told')
    .option('--seed <number>', 'of the sandbox', seedIn, 1)
    .addHelpText('after', '\nExamples:\n  $ wharf plan lose rack=r4\n  $ wharf plan lose zone=eu-1a --for-good')
    .action((what: string, { seed, forGood = false }: Options, command: Command) =>
      run(command, async ({ past }, place) =>
        (await import('../../../whatIf/plans.ts')).planLose(past, what, { seed, ...place, isForGood: forGood }),
      ),
    );
};

const planText = ({ what, nodes, moved, unplaced, tookMs, isUnfinished, belowMinimum }: PlanReport, columns?: number): string =>
  [
    `${what}: ${plural(nodes.length, 'node')}, ${plural(moved.length + unplaced.length, 'instance')}; ${moved.length} would move, ${unplaced.length} would not.\n`,
    moved.length === 0 ? '' : `\n${table(['APP', 'SLOT', 'FROM', 'TO', 'SERVES AFTER'], moved.map(movedRow), columns)}`,
    unplaced.length === 0 ? '' : `\n${table(['APP', 'SLOT', 'FROM', 'WHY IT HAS NO PLACE'], unplaced.map(unplacedRow), columns)}`,
    belowMinimum.length === 0
      ? '\nNo app drops below what must stay up.\n'
      : `\n${table(
          ['APP', 'MUST STAY UP', 'FEWEST', 'WANTED'],
          belowMinimum.map(({ app, minimum, least, wanted }) => [app, minimum, least, wanted]),
          columns,
        )}`,
    isUnfinished ? `It is not over after ${seconds(tookMs)}.\n` : `It is over after ${seconds(tookMs)}.\n`,
  ].join('');

const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`;
const movedRow = ({ app, slot, from, to = '', afterMs }: PlanMove) => [app, slot, from, to, afterMs === undefined ? '-' : seconds(afterMs)];
const unplacedRow = ({ app, slot, from, excluded, because }: PlanMove) => [app, slot, from, because ?? reasons(excluded ?? {})];
const reasons = (excluded: Readonly<Record<string, number>>): string =>
  Object.entries(excluded)
    .map(([filter, count]) => `${filter}: ${plural(count, 'node')}`)
    .join(', ') || 'it was not tried';
