import type { Command } from 'commander';
import type { Io } from '../io.ts';
import { addImportCompose } from './importCompose.ts';
import { addImportMarathon } from './importMarathon.ts';
import { addImportResume } from './importResume.ts';

/** `wharf import …`: what runs elsewhere, brought here. */
export const addImportCommands = (program: Command, io: Io): void => {
  const group = program.command('import').description('Bring apps here from elsewhere.');
  addImportMarathon(group, io);
  addImportCompose(group, io);
  addImportResume(group, io);
};
