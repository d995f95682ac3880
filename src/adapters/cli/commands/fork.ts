import { once } from 'node:events';
import type { Command } from 'commander';
import { CliFailure, usage } from '../failure.ts';
import type { Io } from '../io.ts';
import { endOf, pastIn, placeIn } from '../pastIn.ts';
import { seedIn } from './whatIf.ts';

const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '::1']);
const speedIn = (text: string): number => {
  const speed = Number(text);
  if (!(speed >= 0 && speed <= 100_000)) throw usage(`'${text}' is no speed, 0 to 100000`);
  return speed;
};

type Options = { readonly listen: string; readonly speed: number; readonly seed: number };

/** `wharf fork`: an engine that goes on from a moment, on simulated hosts. */
export const addForkCommand = (program: Command, io: Io): void => {
  program
    .command('fork')
    .description(
      'Start a sandbox: an engine that goes on from a moment of the log (--at; its end unless told), on simulated hosts that run what ran then.',
    )
    .option('--file <log>', 'the log file; that of the data directory unless told')
    .option('--listen <host:port>', 'where its API listens, on loopback; port 0 takes any free one', '127.0.0.1:8082')
    .option('--speed <times>', 'how fast its time passes; 0 stands still', speedIn, 1)
    .option('--seed <number>', 'of the simulated hosts', seedIn, 1)
    .addHelpText(
      'after',
      '\nNothing is written to the log, and no real host is touched: all of it is forgotten when the sandbox ends.\n\nExamples:\n  $ wharf fork --at -2h\n  $ wharf fork --at 2030-01-07T09:30 --speed 60 --file backup.sqlite\n  $ wharf --url http://127.0.0.1:8082 app deploy web.json',
    )
    .action(async ({ listen, speed, seed }: Options, command: Command) => {
      const [, host = '', port = ''] = /^\[?(.*?)\]?:(\d{1,5})$/.exec(listen) ?? [];
      if (!LOOPBACK.has(host) || Number(port) > 65_535) throw usage(`'${listen}' is no host:port of this machine's loopback`);
      const opened = await pastIn(command, io);
      try {
        const { at } = command.optsWithGlobals<{ readonly at?: string }>();
        const place = at === undefined ? endOf(opened) : placeIn(opened, at, '--at');
        const { startSandbox } = await import('../../../whatIf/sandbox.ts');
        const sandbox = await startSandbox(opened.past, place.position, {
          at: place.at,
          listen: { host, port: Number(port) },
          speed,
          seed,
          ...LIFELIKE,
        });
        io.out(
          `SANDBOX on ${sandbox.url}\n  from     ${new Date(place.at).toISOString()}, position ${place.position} of ${opened.file}\n  time     ${speed === 0 ? 'stands still' : `${speed} times real time`}\n  Hosts are simulated, and nothing is kept. Ctrl-C ends it.\n`,
        );
        if (!io.interrupted.aborted) await once(io.interrupted, 'abort');
        await sandbox.close();
      } catch (error) {
        throw error instanceof CliFailure ? error : new CliFailure(`the sandbox did not start: ${(error as Error).message}`);
      } finally {
        opened.close();
      }
    });
};

/** How hosts behave that nothing is recorded of. */
const LIFELIKE = { profile: { startMs: [300, 3_000], stopMs: [100, 1_500], pullMs: [1_000, 6_000], callMs: [1, 20] } } as const;
