import { join } from 'node:path';
import type { Command } from 'commander';
import { type ConnectionOptions, dataDirOf } from './connection.ts';
import { CliFailure } from './failure.ts';
import type { Io } from './io.ts';

export type FileOption = { readonly file?: string };

/** The file that was named, by the command's own option or by the one for all. */
export const namedFile = ({ file }: FileOption, command: Command): string | undefined =>
  file ?? command.optsWithGlobals<ConnectionOptions>().log;

/** The log that is meant: the file that was named, or the one in the data directory. */
export const logFileOf = (options: FileOption, command: Command, io: Io): string =>
  namedFile(options, command) ?? join(dataDirOf(command.optsWithGlobals<ConnectionOptions>(), io), 'log.sqlite');

export const isJson = (command: Command): boolean => command.optsWithGlobals<{ readonly json?: boolean }>().json === true;

/** What fails here fails in plain words. */
export const plainly = async <A>(io: Io, work: () => Promise<A>): Promise<A> => {
  try {
    return await work();
  } catch (error) {
    if (error instanceof CliFailure || io.interrupted.aborted) throw error;
    throw new CliFailure(error instanceof Error ? error.message : String(error));
  }
};

/** For options that may be repeated. */
export const many = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

export const counted = (count: number): string => count.toLocaleString('en');
export const isoOf = (at: number): string => new Date(at).toISOString();
