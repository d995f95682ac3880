import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { either as E } from 'fp-ts';
import { momentPosition, parseMoment } from '../../domain/kernel/moment.ts';
import type { Instant } from '../../domain/kernel/units.ts';
import type { OpenPast } from '../../openPast.ts';
import { type ConnectionOptions, dataDirOf } from './connection.ts';
import { CliFailure, usage } from './failure.ts';
import type { Io } from './io.ts';
import { type FileOption, namedFile } from './logFile.ts';

/** The past of a log of this machine, read in this process and never written. */
export type PastIn = {
  readonly past: OpenPast;
  readonly file: string;
  /** What ages are counted from: the last fact of a log that was named, the present of an engine's own. */
  readonly now: Instant;
  close(): void;
};

/** The log that `--file` or `--log` names, or the one of the data directory; the engine there may run meanwhile. @throws CliFailure where there is none */
export const pastIn = async (command: Command, io: Io): Promise<PastIn> => {
  const options = command.optsWithGlobals<ConnectionOptions>();
  if (options.url !== undefined) throw usage('--url does not help here: this reads a log file; name one by --file or --data-dir');
  const named = namedFile(command.opts<FileOption>(), command);
  const file = resolve(named ?? join(dataDirOf(options, io), 'log.sqlite'));
  if (!existsSync(file)) throw new CliFailure(`there is no log '${file}'; --file names one, --data-dir an engine's folder`);
  // Loaded here, so that no other command waits for it.
  const { openPast } = await import('../../openPast.ts');
  try {
    const past = openPast({ file, readOnly: true });
    const now = named === undefined ? io.now() : (past.fact(past.head())?.meta.at ?? 0);
    return { past, file, now, close: past.close };
  } catch (error) {
    throw new CliFailure((error as Error).message);
  }
};

export type Place = { readonly position: number; readonly at: Instant };

/** A moment of that past. @throws usage for a text that is none, or one that lies behind its end */
export const placeIn = ({ past, now }: PastIn, text: string, option: string): Place => {
  const moment = parseMoment(text, now);
  if (E.isLeft(moment)) throw usage(`${option}: ${moment.left}`);
  const position = momentPosition(past, moment.right);
  if (position > past.head()) throw usage(`${option}: the log ends at position ${past.head()}`);
  if ('at' in moment.right && moment.right.at > now) throw usage(`${option}: '${text}' lies in the future`);
  return { position, at: 'at' in moment.right ? moment.right.at : (past.fact(position)?.meta.at ?? 0) };
};

/** The end of that past: as an engine would find it now. */
export const endOf = ({ past, now }: PastIn): Place => ({ position: past.head(), at: now });

/** Its last fact. */
export const lastIn = ({ past }: PastIn): Place => ({ position: past.head(), at: past.fact(past.head())?.meta.at ?? 0 });
