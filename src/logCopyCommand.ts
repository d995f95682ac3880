import { resolve } from 'node:path';
import type { Command } from 'commander';
import { usage } from './adapters/cli/failure.ts';
import type { Io } from './adapters/cli/io.ts';
import { counted, isJson, plainly } from './adapters/cli/logFile.ts';
import { isStoreAddress } from './storeAddress.ts';

const FILE = /^sqlite:(.+)$/;

/** `wharf log copy`: from the embedded log to a store, and back. */
export const addLogCopyCommand = (log: Command, io: Io): void => {
  log
    .command('copy <from> <to>')
    .description('Copies the log to a store, or from one, in the same order and with the same hashes, each fact compared in the end.')
    .addHelpText(
      'after',
      `
One of both is sqlite:FILE, the other esdb://HOST:PORT. Engines on it are stopped before: the copy holds their lease. What was interrupted goes
on where it was when it is asked for again. Keys of sealed fields (keys.sqlite) are not in the log: an engine that finds them in its data
directory shares them with the others.

Examples:
  $ wharf log copy sqlite:/srv/wharf/log.sqlite esdb://engine:secret@10.0.0.9:2113
  $ wharf log copy esdb://engine:secret@10.0.0.9:2113 sqlite:/srv/wharf/log.sqlite`,
    )
    .action(async (from: string, to: string, _: unknown, command: Command) => {
      const isTo = isStoreAddress(to);
      const [store, other] = isTo ? [to, from] : [from, to];
      const file = FILE.exec(other)?.[1];
      if (!isStoreAddress(store) || file === undefined)
        throw usage('one of both is sqlite:FILE and the other a store, such as esdb://10.0.0.9:2113');
      const shows = io.terminal !== undefined;
      const copied = await plainly(io, async () => {
        const { copyToStore, copyFromStore } = await import('./logs/storeCopy.ts');
        return (isTo ? copyToStore : copyFromStore)({
          store,
          file: resolve(file),
          signal: io.interrupted,
          onProgress: (what, facts, total) =>
            shows && io.err(`\r${what} ${counted(facts)}${total === undefined ? '' : ` of ${counted(total)}`} facts `),
          onTrouble: (text) => io.err(`${shows ? '\r' : ''}${text}\n`),
        });
      }).finally(() => shows && io.err('\n'));
      const before = copied.before === 0 ? '' : `; ${counted(copied.before)} of them were there`;
      io.out(
        isJson(command)
          ? `${JSON.stringify(copied)}\n`
          : `${counted(copied.facts)} facts of ${counted(copied.streams)} streams, the same hashes on both sides${before}\n`,
      );
    });
};
