import type { Command } from 'commander';
import { ARCHIVABLE, KEEP_DAYS_MAX } from '../../../domain/retention/retention.facts.ts';
import { usage } from '../failure.ts';
import type { Io } from '../io.ts';
import { counted } from '../logFile.ts';
import { openSession } from '../session.ts';

type State = {
  readonly policies: Readonly<Record<string, number>>;
  readonly archives: readonly { readonly file: string; readonly streams: number; readonly facts: number; readonly upTo: number }[];
  readonly directory?: string;
};
type Run = { readonly archives: readonly string[]; readonly streams: number; readonly facts: number; readonly resumed: number };

/** An archive of a long log takes a while. */
const RUN_SILENCE_MS = 600_000;

/** `wharf log retention`: how long what has ended stays in the log. */
export const addRetentionCommands = (log: Command, io: Io): void => {
  const retention = log
    .command('retention')
    .description('What has ended leaves the log for archives after a time: whole streams, never parts of them.')
    .addHelpText(
      'after',
      `\nNouns: ${ARCHIVABLE.join(', ')}. The engine archives where wharf serve --archive <directory> says, once an hour.\n\nExamples:\n  $ wharf log retention set request 30\n  $ wharf log retention set instance 90\n  $ wharf log retention run`,
    );
  retention
    .command('show')
    .description('The policies, and what has left the log.')
    .action(async (_: unknown, command: Command) => {
      const session = await openSession(command, io);
      const state: State = await session.client.ask('GET', '/v1/retention');
      session.answer(state as never, () => textOf(state));
    });
  retention
    .command('set <noun> <days>')
    .description('Streams of this noun may be archived so many days after they ended.')
    .action(async (noun: string, days: string, _: unknown, command: Command) => {
      if (!/^\d{1,5}$/.test(days) || Number(days) > KEEP_DAYS_MAX) throw usage(`'${days}' is no number of days, 0 to ${KEEP_DAYS_MAX}`);
      const session = await openSession(command, io);
      const body = { keepDays: Number(days) };
      const done: { readonly position: number } = await session.client.ask('PUT', `/v1/retention/${nounIn(noun)}`, { body });
      session.answer(done, () => `ended streams of ${noun} stay ${days} days in the log\n`);
    });
  retention
    .command('clear <noun>')
    .description('Streams of this noun are archived no more. What was archived stays in its archive.')
    .action(async (noun: string, _: unknown, command: Command) => {
      const session = await openSession(command, io);
      const done: { readonly position: number } = await session.client.ask('DELETE', `/v1/retention/${nounIn(noun)}`);
      session.answer(done, () => `ended streams of ${noun} stay in the log\n`);
    });
  retention
    .command('run')
    .description('Archives now what the policies let go.')
    .action(async (_: unknown, command: Command) => {
      const session = await openSession(command, io);
      const run: Run = await session.client.ask('POST', '/v1/retention/run', { silenceMs: RUN_SILENCE_MS });
      session.answer(run as never, () => runText(run));
    });
};

const nounIn = (noun: string): string => {
  if (!(ARCHIVABLE as readonly string[]).includes(noun)) throw usage(`'${noun}' is none of ${ARCHIVABLE.join(', ')}`);
  return noun;
};

const textOf = ({ policies, archives, directory }: State): string =>
  [
    ...ARCHIVABLE.map((noun) => `${noun}: ${policies[noun] === undefined ? 'stays' : `${policies[noun]} days after its end`}\n`),
    directory === undefined ? 'no directory for archives: wharf serve --archive <directory>\n' : `archives in ${directory}\n`,
    ...archives.map(
      ({ file, streams, facts, upTo }) => `  ${file}: ${counted(streams)} streams, ${counted(facts)} facts, chosen at #${upTo}\n`,
    ),
  ].join('');

const runText = ({ archives, streams, facts, resumed }: Run): string =>
  [
    resumed > 0 ? `${counted(resumed)} streams of an archive before left the log\n` : '',
    streams === 0 ? 'nothing to archive\n' : `${counted(streams)} streams with ${counted(facts)} facts went into ${archives.join(', ')}\n`,
  ].join('');
