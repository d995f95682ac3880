import type { Command } from 'commander';
import { type ConnectionOptions, dataDirOf } from '../connection.ts';
import { usage } from '../failure.ts';
import type { Io } from '../io.ts';
import { counted, isJson, isoOf, plainly } from '../logFile.ts';

/** `wharf log backup` and `restore`. */
export const addBackupCommands = (log: Command, io: Io): void => {
  log
    .command('backup <destination>')
    .description('Copies what the data directory needs to come back (log, keys, token, service accounts), while the engine runs.')
    .addHelpText(
      'after',
      '\nThe copy holds the keys that open sealed fields: keep it as secret as the data directory.\n\nExample:\n  $ wharf log backup /backups/wharf-monday',
    )
    .action(async (destination: string, _: unknown, command: Command) => {
      const manifest = await plainly(io, async () => {
        const { backUp } = await import('../../../logs/backup.ts');
        return backUp(dataDirOf(command.optsWithGlobals<ConnectionOptions>(), io), destination, io.now());
      });
      const { head, files } = manifest;
      const bytes = Object.values(files).reduce((sum, each) => sum + each.bytes, 0);
      io.out(
        isJson(command)
          ? `${JSON.stringify(manifest)}\n`
          : `${Object.keys(files).join(', ')} in ${destination}: ${counted(bytes)} bytes, the log up to #${head}\n`,
      );
    });
  log
    .command('restore <backup>')
    .description('Puts a backup into an empty data directory (--data-dir), its log verified. Then start an engine there.')
    .addHelpText(
      'after',
      '\nEnd the engine whose log it is first: two engines of one history would both act on its hosts.\n\nExample:\n  $ wharf --data-dir /srv/wharf log restore /backups/wharf-monday',
    )
    .action(async (source: string, _: unknown, command: Command) => {
      const options = command.optsWithGlobals<ConnectionOptions>();
      if (options.dataDir === undefined) throw usage('name the directory that it goes to with --data-dir');
      const dataDir = dataDirOf(options, io);
      const { manifest, report } = await plainly(io, async () => {
        const { restore } = await import('../../../logs/restore.ts');
        return restore(source, dataDir, { signal: io.interrupted });
      });
      io.out(
        isJson(command)
          ? `${JSON.stringify({ manifest, facts: report.facts, streams: report.streams, dataDir })}\n`
          : `${counted(report.facts)} facts of ${counted(report.streams)} streams verified, as of ${isoOf(manifest.at)}, in ${dataDir}\nstart an engine there: wharf --data-dir ${dataDir} serve\n`,
      );
    });
};
