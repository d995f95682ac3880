import type { Command } from 'commander';
import { either as E } from 'fp-ts';
import { MOMENT_FORMS, type Moment, parseMoment } from '../../../domain/kernel/moment.ts';
import { usage } from '../failure.ts';
import type { Io } from '../io.ts';
import { counted, type FileOption, isJson, logFileOf, many, plainly } from '../logFile.ts';

type ExportOptions = FileOption & {
  readonly from?: string;
  readonly to?: string;
  readonly stream?: readonly string[];
  readonly out?: string;
};

/** `wharf log export` and `import`. */
export const addLogCopyCommands = (log: Command, io: Io): void => {
  log
    .command('export')
    .description('Writes the log, or a part of it, as JSON lines with the hashes. Sealed fields stay sealed.')
    .option('--from <moment>', `what was recorded from here on: ${MOMENT_FORMS}`)
    .option('--to <moment>', 'up to here, included')
    .option('--stream <name>', 'this stream, such as app-/web; may be repeated', many)
    .option('--out <file>', 'where it goes (standard output); .gz and .zst are compressed')
    .option('--file <log.sqlite>', 'the log (that of the data directory)')
    .addHelpText(
      'after',
      '\nExamples:\n  $ wharf log export --out whole.jsonl.zst\n  $ wharf log export --stream app-/web --from -2h | jq .type',
    )
    .action(async (options: ExportOptions, command: Command) => {
      const { from, to, stream = [], out } = options;
      const wanted = {
        ...(from !== undefined && { from: momentIn('--from', from, io) }),
        ...(to !== undefined && { to: momentIn('--to', to, io) }),
        streams: stream,
        at: io.now(),
      };
      const path = logFileOf(options, command, io);
      await plainly(io, async () => {
        const { exportTo, exportToFile } = await import('../../../logs/export.ts');
        if (out === undefined) {
          await exportTo(path, io.out, wanted);
          return;
        }
        const { header, facts } = await exportToFile(path, out, wanted);
        io.out(isJson(command) ? `${JSON.stringify({ ...header, facts, file: out })}\n` : `${counted(facts)} facts in ${out}\n`);
      });
    });
  log
    .command('import <export>')
    .description('Makes a new log of an export, its chains checked on the way. Nothing is there before all of it is.')
    .requiredOption('--file <log.sqlite>', 'the new log')
    .action(async (from: string, { file }: { readonly file: string }, command: Command) => {
      const tells = io.terminal !== undefined;
      const imported = await plainly(io, async () => {
        const { importFile } = await import('../../../logs/import.ts');
        return importFile(from, file, (facts) => {
          io.interrupted.throwIfAborted();
          if (tells) io.err(`\r${counted(facts)} facts `);
        });
      }).finally(() => tells && io.err('\n'));
      const { facts, streams, header } = imported;
      io.out(
        isJson(command)
          ? `${JSON.stringify({ facts, streams, log: header.log, file })}\n`
          : `${counted(facts)} facts of ${counted(streams)} streams in ${file}, their chains checked\n`,
      );
    });
};

const momentIn = (option: string, text: string, io: Io): Moment => {
  const moment = parseMoment(text, io.now());
  if (E.isLeft(moment)) throw usage(`${option}: ${moment.left}`);
  return moment.right;
};
