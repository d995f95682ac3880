import type { Command } from 'commander';
import type { Io } from '../io.ts';
import { addBackupCommands } from './logBackup.ts';
import { addLogCopyCommands } from './logCopy.ts';
import { addProofCommands } from './logProof.ts';
import { addRetentionCommands } from './logRetention.ts';
import { addShredCommand } from './logShred.ts';
import { addLogVerifyCommand } from './logVerify.ts';

/**
 * `wharf log`: the log itself, verified, proven, moved and kept. Most of it reads the file, and needs no engine.
 * @param more adds what needs more than the command line's own parts
 */
export const addLogCommands = (program: Command, io: Io, more?: (log: Command) => void): void => {
  const log = program.command('log').description('Verify, prove, export, import, back up and restore the log.');
  addLogVerifyCommand(log, io);
  addProofCommands(log, io);
  addLogCopyCommands(log, io);
  addBackupCommands(log, io);
  addShredCommand(log, io);
  addRetentionCommands(log, io);
  more?.(log);
};
