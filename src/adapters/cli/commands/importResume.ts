import type { Command } from 'commander';
import { absolutePathId, isPathId } from '../../../domain/app/definition/pathId.ts';
import { usage } from '../failure.ts';
import { type ImportOptions, runImport } from '../import/import.ts';
import { openTarget } from '../import/target.ts';
import { woken } from '../import/woken.ts';
import type { Io } from '../io.ts';
import { openSession } from '../session.ts';
import { importing } from './importOptions.ts';

/** `wharf import resume`. */
export const addImportResume = (group: Command, io: Io): void => {
  importing(group.command('resume [group]').description('Start what was imported suspended, with as many instances as there were.'))
    .addHelpText('after', '\nExamples:\n  $ wharf import resume --dry-run\n  $ wharf import resume /shop --yes')
    .action(async (within: string | undefined, options: Omit<ImportOptions, 'skipUnsupported'>, command: Command) => {
      if (within !== undefined && !isPathId(within)) throw usage(`'${within}' is no id of a group; one looks like /shop`);
      const session = await openSession(command, io);
      const target = await openTarget(session.client);
      const there = await target.there();
      const wanted = woken(there.wanted, absolutePathId(within ?? '/'));
      await runImport(session, target, there, { from: 'suspended imports', wanted, notes: [] }, { ...options, skipUnsupported: false });
    });
};
