import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { either as E } from 'fp-ts';
import { parse } from 'yaml';
import type { LintReport } from '../../../domain/ports/lint.ts';
import { CliFailure } from '../failure.ts';
import type { Io } from '../io.ts';
import { endOf, pastIn, placeIn } from '../pastIn.ts';
import { plural, short, table } from '../render.ts';

const SPAN = '-30d';

/** `wharf lint-policy`: what rules would have refused. */
export const addLintPolicyCommand = (program: Command, io: Io): void => {
  program
    .command('lint-policy <file>')
    .description('Say what quotas and placement constraints, in a YAML or JSON file, would have refused of what was asked for and placed.')
    .option('--file <log>', 'the log file; that of the data directory unless told')
    .option('--from <moment>', 'since when', SPAN)
    .addHelpText(
      'after',
      `\nThe file: quotas of what all apps below a group may want together, and constraints that apps would have besides their own.\nAccess rules are not judged: there are none yet.\n
  quotas:
    - { group: /shop, cpus: 40, mem: 65536, instances: 200 }
  constraints:
    - { group: /shop/db, constraint: rack UNIQUE }
    - { constraint: [zone, MAX_PER, "10"] }

Ends with 1 where something would have been refused.\n\nExamples:\n  $ wharf lint-policy quotas.yaml\n  $ wharf lint-policy quotas.yaml --from -7d --json --file backup.sqlite`,
    )
    .action(async (file: string, { from }: { readonly from: string }, command: Command) => {
      const rules = await rulesIn(file);
      const opened = await pastIn(command, io);
      try {
        const first = opened.past.fact(1)?.meta.at ?? 0;
        const place = from === SPAN && opened.now - 30 * 86_400_000 < first ? { position: 0, at: first } : placeIn(opened, from, '--from');
        const { lint } = await import('../../../history/lint/lint.ts');
        const report = lint(opened.past, rules, { from: place, to: endOf(opened) });
        const { json = false } = command.optsWithGlobals<{ readonly json?: boolean }>();
        io.out(json ? `${JSON.stringify({ ...report, notJudged: NOT_JUDGED })}\n` : lintText(report, io.terminal?.columns));
        if (report.refusals.length > 0) throw new CliFailure(`${plural(report.refusals.length, 'thing')} would have been refused`);
      } finally {
        opened.close();
      }
    });
};

const NOT_JUDGED = ['access rules: there are none yet'];

const rulesIn = async (file: string) => {
  let written: unknown;
  try {
    // JSON is YAML, too.
    written = parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new CliFailure(`${file}: ${(error as Error).message}`);
  }
  const { parseRules } = await import('../../../history/lint/rules.ts');
  const rules = parseRules(written);
  if (E.isRight(rules)) return rules.right;
  throw new CliFailure(`${file} holds no rules that can be judged`, { details: rules.left.map(({ path, text }) => `${path}: ${text}`) });
};

const lintText = ({ from, to, changes, placements, refusals, byRule }: LintReport, columns?: number): string =>
  [
    `${new Date(from).toISOString()} to ${new Date(to).toISOString()}: ${plural(changes, 'change')} of apps and ${plural(placements, 'placement')}.\n\n`,
    table(['RULE', 'WOULD HAVE REFUSED'], Object.entries(byRule), columns),
    refusals.length === 0
      ? '\nNothing would have been refused.\n'
      : `\n${table(
          ['WHEN', 'WHO', 'REQUEST', 'APP', 'WHY'],
          refusals.map(({ at, by, request, app, because }) => [
            new Date(at).toISOString(),
            by,
            request === undefined ? '-' : short(request),
            app,
            because,
          ]),
          columns,
        )}`,
  ].join('');
