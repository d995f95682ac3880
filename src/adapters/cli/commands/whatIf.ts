import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import type { Changes } from '../../../whatIf/play.ts';
import { CliFailure, usage } from '../failure.ts';
import type { Io } from '../io.ts';
import { lastIn, pastIn, placeIn } from '../pastIn.ts';
import { whatIfText } from './whatIfText.ts';

type Options = {
  readonly from: string;
  readonly to?: string;
  readonly with?: readonly string[];
  readonly withoutNode?: readonly string[];
  readonly addNode?: readonly string[];
  readonly seed: number;
};

const many = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];
export const seedIn = (text: string): number => {
  if (!/^\d{1,9}$/.test(text)) throw usage(`'${text}' is no seed, 0 to 999999999`);
  return Number(text);
};

/** `wharf what-if`: a span of the past once more, with something changed. */
export const addWhatIfCommand = (program: Command, io: Io): void => {
  program
    .command('what-if')
    .description(
      'Let a span of the past happen again in a sandbox, with another placement policy, strategy or set of hosts, and say what comes out otherwise.',
    )
    .option('--file <log>', 'the log file; that of the data directory unless told')
    .requiredOption('--from <moment>', 'where the span begins: an instant, a position, or an age such as -2h')
    .option('--to <moment>', 'where it ends; the end of the log unless told')
    .option('--with <file-or-strategy>', 'a placement policy or a strategy in a file, or the name of a strategy; may be repeated', many)
    .option('--without-node <id>', 'a node that is not there; may be repeated', many)
    .option('--add-node <spec>', 'one more node: like=<node>, or id=<name>,like=<node>; may be repeated', many)
    .option('--seed <number>', 'of the sandbox; the same seed gives the same answer', seedIn, 1)
    .addHelpText(
      'after',
      '\nReads a log file (--file, or that of --data-dir) and writes nothing.\n\nExamples:\n  $ wharf what-if --from -2h --with pack.ts\n  $ wharf what-if --from 2030-01-07T09:00 --to 2030-01-07T12:00 --with canary\n  $ wharf what-if --from -1d --without-node n7 --add-node like=n3 --file backup.sqlite',
    )
    .action(async (options: Options, command: Command) => {
      const changes = await changesIn(options);
      const opened = await pastIn(command, io);
      try {
        const span = {
          from: placeIn(opened, options.from, '--from'),
          to: options.to === undefined ? lastIn(opened) : placeIn(opened, options.to, '--to'),
        };
        if (span.to.at <= span.from.at) throw usage('--to must lie behind --from');
        const { whatIf } = await import('../../../whatIf/whatIf.ts');
        const onProgress = progressOf(io);
        const { report, speed } = await whatIf(opened.past, span, { changes, seed: options.seed, onProgress });
        const isJson = command.optsWithGlobals<{ readonly json?: boolean }>().json === true;
        io.out(isJson ? `${JSON.stringify({ ...report, speed })}\n` : whatIfText(report, speed, io.terminal?.columns));
      } catch (error) {
        throw error instanceof CliFailure ? error : new CliFailure((error as Error).message);
      } finally {
        opened.close();
      }
    });
};

/** One line that is written over, where somebody looks. */
const progressOf = (io: Io): ((phase: string, share: number) => void) => {
  let told = io.now();
  return (phase, share) => {
    if (io.terminal === undefined || io.now() - told < 500) return;
    told = io.now();
    io.err(`\r${phase}: ${Math.floor(share * 100)} %   ${share >= 1 ? '\n' : ''}`);
  };
};

const changesIn = async ({ with: withs = [], withoutNode = [], addNode = [] }: Options): Promise<Changes> => {
  let changes: Changes = {
    ...(withoutNode.length > 0 && { without: withoutNode }),
    ...(addNode.length > 0 && { add: addNode.map(nodeIn) }),
  };
  for (const named of withs) {
    const one = await changeIn(named);
    for (const part of ['policy', 'strategy'] as const)
      if (part in one && part in changes) throw usage(`--with: one ${part} can be tried at a time`);
    changes = { ...changes, ...one };
  }
  return changes;
};

const changeIn = async (named: string): Promise<Changes> => {
  if (!existsSync(named)) {
    if (/[./\\]/.test(named)) throw usage(`--with: there is no file '${named}'`);
    return { strategy: named };
  }
  const { loadStrategyOrPolicy, StrategyRefused } = await import('../../../strategyFiles.ts');
  try {
    return await loadStrategyOrPolicy(named);
  } catch (error) {
    if (!(error instanceof StrategyRefused)) throw error;
    throw new CliFailure(`${named} is neither a strategy nor a placement policy that runs here`, {
      details: error.problems.map(({ where, text }) => `${where}: ${text}`),
    });
  }
};

const nodeIn = (text: string): { readonly id: string; readonly like: string } => {
  const parts = new Map<string, string>();
  for (const part of text.split(',')) {
    const [name = '', value = ''] = part.split('=', 2);
    parts.set(name, value);
  }
  const like = parts.get('like');
  for (const name of parts.keys()) if (name !== 'like' && name !== 'id') throw usage(`--add-node: '${name}' is neither like nor id`);
  if (like === undefined || like === '') throw usage('--add-node: names no node that it is like, such as like=n3');
  return { id: parts.get('id') ?? `${like}-again`, like };
};
