import type { Command } from 'commander';
import type { Json } from '../client.ts';
import { definitionsIn } from '../definitions.ts';
import { usage } from '../failure.ts';
import type { Io } from '../io.ts';
import { plural, short } from '../render.ts';
import { openSession, type Session } from '../session.ts';

type Options = { readonly gates: string; readonly all?: boolean; readonly within: string };

/** `wharf strategy backtest`: thresholds tried on the deployments that were. */
export const addBacktestCommand = (strategy: Command, io: Io): void => {
  strategy
    .command('backtest [app]')
    .description('What gates would have done to the deployments that were, and whether that would have been right.')
    .requiredOption('--gates <file>', "JSON: a list of gates, or an object with one in 'gates'; - for standard input")
    .option('--all', 'all apps, those that are gone included')
    .option('--within <minutes>', 'a version that was rolled back or replaced sooner was bad', '60')
    .addHelpText(
      'after',
      '\nGates are matched with what was recorded by their names.\n\nExamples:\n  $ wharf strategy backtest /shop/web --gates gates.json\n  $ wharf strategy backtest --all --gates gates.json --within 30 --json',
    )
    .action(async (app: string | undefined, { gates, all = false, within }: Options, command: Command) => {
      if ((app === undefined) === !all) throw usage('name one app, or --all');
      const minutes = Number(within);
      if (within.trim() === '' || !(minutes >= 0)) throw usage(`--within '${within}' is no number of minutes`);
      const session = await openSession(command, io);
      const body = { gates: await gatesIn(gates, io), withinSeconds: minutes * 60, ...(app !== undefined && { app }) };
      const document = await session.client.ask('POST', '/v1/gates/backtest', { body });
      session.answer(document, () => shown(session, document));
    });
};

const gatesIn = async (file: string, io: Io): Promise<readonly Json[]> => {
  const found = await definitionsIn(file, io, 'gate');
  const [only] = found;
  return found.length === 1 && Array.isArray(only?.gates) ? only.gates : found;
};

const shown = (session: Session, { deployments, totals }: Json): string => {
  const rows = (deployments as readonly Json[]).map((row) => [
    short(row.deployment),
    row.app,
    row.beganAt,
    row.did,
    row.deed.does,
    row.wasRight === undefined ? '?' : row.wasRight ? 'right' : 'wrong',
    `${row.truth.was}: ${row.truth.because}`,
    row.deed.gate === undefined ? '' : `${row.deed.gate}: ${row.deed.because}`,
  ]);
  const table =
    rows.length === 0
      ? 'no gate was measured in any deployment\n'
      : session.table(['DEPLOYMENT', 'APP', 'BEGAN', 'DID', 'WOULD', 'WAS', 'VERSION', 'WHY'], rows);
  return `${table}${summary(totals)}`;
};

const summary = (totals: Json): string => {
  const { stoppedRightly, stoppedWrongly, passedRightly, passedWrongly, undecided, unmeasured, precision, recall } = totals;
  const percent = (share: number | undefined) => (share === undefined ? '-' : `${Math.round(share * 100)} %`);
  return [
    `stopped: ${stoppedRightly} rightly, ${stoppedWrongly} wrongly`,
    `let pass: ${passedRightly} rightly, ${passedWrongly} wrongly`,
    `precision ${percent(precision)} · recall ${percent(recall)}`,
    `not judged: ${undecided} undecided, ${plural(unmeasured, 'deployment')} without gates`,
    '',
  ].join('\n');
};
