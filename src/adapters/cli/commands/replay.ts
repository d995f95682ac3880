import { setTimeout } from 'node:timers/promises';
import type { Command } from 'commander';
import { either as E } from 'fp-ts';
import { parseMoment } from '../../../domain/kernel/moment.ts';
import { CliFailure, usage } from '../failure.ts';
import type { Io } from '../io.ts';
import { printable } from '../render.ts';

/** Longest that is waited for the next line unless told otherwise, ms. */
const LONGEST_MS = 3_000;

type Options = { readonly speed: number; readonly from?: number; readonly to?: number; readonly longest: number; readonly keys?: string };

const speedIn = (text: string): number => {
  const speed = text === 'max' ? Number.POSITIVE_INFINITY : Number(text);
  if (!(speed > 0)) throw usage(`'${text}' is no speed: a number above 0, or max`);
  return speed;
};
const secondsIn = (text: string): number => {
  const seconds = Number(text);
  if (!(seconds >= 0 && seconds <= 86_400)) throw usage(`'${text}' is no number of seconds, 0 to 86400`);
  return seconds * 1000;
};

/** `wharf replay`: an exported history as a story, at a multiple of its pace. */
export const addReplayCommand = (program: Command, io: Io): void => {
  const instantIn = (text: string): number => {
    const moment = parseMoment(text, io.now());
    if (E.isLeft(moment) || !('at' in moment.right)) throw usage(`'${text}' is no instant such as 2030-01-07T09:30`);
    return moment.right.at;
  };
  program
    .command('replay <file>')
    .description('Tell an exported history (wharf log export), or a log file, as the story that it is, as fast as you like.')
    .option('--speed <times>', 'times as fast as it was; max tells all of it at once', speedIn, 60)
    .option('--longest <seconds>', 'longest pause between two lines', secondsIn, LONGEST_MS)
    .option('--from <instant>', 'where the story begins', instantIn)
    .option('--to <instant>', 'where it ends', instantIn)
    .option('--keys <file>', 'keys of sealed fields (keys.sqlite beside the file)')
    .addHelpText(
      'after',
      '\nExamples:\n  $ wharf replay monday.jsonl.zst --speed 120\n  $ wharf replay /srv/backup/log.sqlite --from 2030-01-07T09:30 --speed max',
    )
    .action(async (file: string, { speed, from, to, longest, keys }: Options) => {
      const { narrate } = await import('../../../replay/narrate.ts');
      const { readHistory } = await import('../../../replay/readHistory.ts');
      try {
        await narrate(readHistory(file, keys === undefined ? {} : { keys }), {
          speed,
          longestMs: longest,
          ...(from !== undefined && { from }),
          ...(to !== undefined && { to }),
          say: (line) => io.out(`${printable(line.trimEnd())}\n`),
          wait: (ms) => setTimeout(ms, undefined, { signal: io.interrupted }),
          isOver: () => io.interrupted.aborted,
        });
        io.interrupted.throwIfAborted();
      } catch (error) {
        if (io.interrupted.aborted) throw error;
        throw new CliFailure((error as Error).message);
      }
    });
};
