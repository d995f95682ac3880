import type { Command } from 'commander';
import type { VerifyProgress, VerifyReport } from '../../../domain/ports/verification.ts';
import type { Client } from '../client.ts';
import { CliFailure, usage } from '../failure.ts';
import type { Io } from '../io.ts';
import { counted, type FileOption, isJson, many, namedFile, plainly } from '../logFile.ts';
import { printable } from '../render.ts';
import { openSession } from '../session.ts';

type Options = FileOption & { readonly key?: readonly string[]; readonly witness?: readonly string[]; readonly views?: boolean };

/** `wharf log verify`: an engine's own log, or a file that nobody needs to run. */
export const addLogVerifyCommand = (log: Command, io: Io): void => {
  log
    .command('verify')
    .description('Checks chains, states, leaders and views of the whole log, and compares it with what witnesses have seen.')
    .option('--file <log.sqlite>', 'a log file instead of a running engine’s log; an engine may go on writing it')
    .option('--witness <file>', 'checkpoints that a witness kept; with --file; may be repeated', many)
    .option('--key <file>', 'the public key that signed them; with --file; may be repeated', many)
    .option(
      '--views',
      'folds the views too and compares them with those of the index beside the file (of an engine: also of more than two million facts)',
    )
    .option('--no-views', 'spares an engine the memory for that')
    .addHelpText(
      'after',
      '\nExit codes: 0 all holds · 1 something does not, and is named.\n\nExamples:\n  $ wharf log verify\n  $ wharf log verify --file ~/.wharf/log.sqlite --witness /mnt/witness/wharf.jsonl --key wharf.key.pub',
    )
    .action(async (options: Options, command: Command) => {
      const { witness = [], key = [], views } = options;
      const file = namedFile(options, command);
      if (file === undefined && (witness.length > 0 || key.length > 0))
        throw usage('--witness and --key are for a log file: name it with --file');
      if (key.length > 0 && witness.length === 0) throw usage('--key checks what a witness kept: name one with --witness');
      const progress = progressOn(io);
      const begun = io.now();
      const report = await plainly(io, async () => {
        if (file === undefined) return fromEngine((await openSession(command, io)).client, views, progress.show, io);
        const { verifyFile } = await import('../../../logs/verify.ts');
        return verifyFile(file, {
          witnesses: witness,
          keys: key,
          views: views ?? false,
          onProgress: progress.show,
          signal: io.interrupted,
        });
      }).finally(progress.end);
      const elapsedMs = Math.max(1, io.now() - begun);
      const isSigned = file === undefined || key.length > 0;
      io.out(isJson(command) ? `${JSON.stringify({ ...report, elapsedMs })}\n` : textOf(report, elapsedMs, isSigned));
      if (report.faultCount > 0) throw new CliFailure(`the log does not hold: ${faultsOf(report.faultCount)}`);
    });
};

const fromEngine = async (
  client: Client,
  views: boolean | undefined,
  show: (progress: VerifyProgress) => void,
  io: Io,
): Promise<VerifyReport> => {
  let rest = '';
  for await (const chunk of client.read(`/v1/history/verify${views === undefined ? '' : `?views=${views}`}`, { signal: io.interrupted })) {
    const lines = `${rest}${chunk}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const { progress, report } = JSON.parse(line) as { readonly progress?: VerifyProgress; readonly report?: VerifyReport };
      if (report !== undefined) return report;
      if (progress !== undefined) show(progress);
    }
  }
  io.interrupted.throwIfAborted();
  throw new CliFailure(`the engine at ${client.where} ended before it had verified its log`);
};

const progressOn = (io: Io): { show(progress: VerifyProgress): void; end(): void } => {
  let isShown = false;
  let next = 0;
  return {
    show: ({ position, head, faultCount }) => {
      if (io.terminal === undefined || io.now() < next) return;
      next = io.now() + 100;
      isShown = true;
      io.err(`\r${counted(position)} of ${counted(head)} facts${faultCount > 0 ? `, ${faultsOf(faultCount)}` : ''} `);
    },
    end: () => {
      if (isShown) io.err('\n');
    },
  };
};

const faultsOf = (count: number): string => (count === 1 ? 'one fault' : `${counted(count)} faults`);

const textOf = (report: VerifyReport, elapsedMs: number, isSigned: boolean): string => {
  const { facts, streams, ended, elsewhere, head, faults, faultCount, viewsOf } = report;
  const named = faults.map(
    ({ kind, stream, revision, position, detail }) =>
      `${kind}: ${stream === '' ? '' : `${printable(stream)} revision ${revision} `}#${position}: ${printable(detail)}\n`,
  );
  return [
    ...named,
    faultCount > named.length ? `… and ${counted(faultCount - named.length)} more\n` : '',
    `${counted(facts)} facts in ${counted(streams)} streams (${counted(ended)} ended), up to #${head}, ${counted(Math.round((facts * 1000) / elapsedMs))} facts/s\n`,
    viewsOf.length === 0 ? 'views were not compared (--views)\n' : `views compared with those of ${viewsOf.join(', ')}\n`,
    elsewhere === 0
      ? ''
      : `${counted(elsewhere)} facts stand in archives that can't be reached; they were counted, and no checkpoint was compared\n`,
    elsewhere === 0 ? witnessText(report, isSigned) : '',
    faultCount === 0 ? 'all holds\n' : '',
  ].join('');
};

/** What was compared, and what could have gone without a trace. */
const witnessText = ({ checkpoints, witnessedUpTo }: VerifyReport, isSigned: boolean): string => {
  if (checkpoints === 0) return 'no checkpoint was compared: facts cut off at the end of the log leave no trace\n';
  const compared = checkpoints === 1 ? 'one checkpoint' : `${counted(checkpoints)} checkpoints`;
  const unsigned = isSigned ? '' : ' (their signatures were not looked at; --key)';
  return `${compared} compared${unsigned}: nothing up to #${witnessedUpTo} was cut off; what was cut off behind it leaves no trace\n`;
};
