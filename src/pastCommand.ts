import { once } from 'node:events';
import type { Command } from 'commander';
import { CliFailure, usage } from './adapters/cli/failure.ts';
import type { Io } from './adapters/cli/io.ts';

const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '::1']);

/** `wharf past`: the API of a log without its engine. */
export const addPastCommand = (program: Command, io: Io): void => {
  program
    .command('past <log>')
    .description('Serve what a log file remembers, and nothing else: every read as of any moment; whoever would write is refused.')
    .option('--listen <host:port>', 'where the API listens, on loopback; port 0 takes any free one', '127.0.0.1:8081')
    .addHelpText(
      'after',
      '\nThe log may be a backup, or one that an engine writes meanwhile. Single commands read it without this: wharf --log <file> app list\n\nExamples:\n  $ wharf past /srv/backup/log.sqlite\n  $ wharf --url http://127.0.0.1:8081 app list --at -2h',
    )
    .action(async (file: string, { listen }: { readonly listen: string }) => {
      const [, host = '', port = ''] = /^\[?(.*?)\]?:(\d{1,5})$/.exec(listen) ?? [];
      if (!LOOPBACK.has(host) || Number(port) > 65_535) throw usage(`'${listen}' is no host:port of this machine's loopback`);
      const { servePastOf } = await import('./servePast.ts');
      const served = await servePastOf(file, { listen: { host, port: Number(port) }, onProgress: progressOf(io) }).catch((error: Error) => {
        throw new CliFailure(error.message);
      });
      io.out(`the past of ${file} on ${served.url}, up to position ${served.past.head()}\n`);
      if (!io.interrupted.aborted) await once(io.interrupted, 'abort');
      await served.close();
    });
};

/** One line that is written over, and only where it takes long enough to be seen. */
const progressOf = (io: Io): ((position: number, head: number) => void) => {
  let told = io.now();
  return (position, head) => {
    if (io.terminal === undefined || io.now() - told < 500) return;
    told = io.now();
    io.err(`\rindexing ${Math.floor((100 * position) / Math.max(1, head))} %`);
    if (position >= head) io.err('\n');
  };
};
