import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { isObject } from '../../../../domain/app/definition/readers.ts';
import { usage } from '../../failure.ts';
import type { Io } from '../../io.ts';
import { printable } from '../../render.ts';
import { type ComposeFile, composeFileIn } from './document.ts';
import { variablesIn } from './envFile.ts';
import { envFilesOf } from './environment.ts';
import { interpolated, type Variables } from './interpolate.ts';
import { remarks } from './remarks.ts';

/** All that a compose file stands for, read from disk. */
export type Read = {
  readonly file: ComposeFile;
  readonly folder: string;
  readonly variables: Variables;
  readonly envFiles: ReadonlyMap<string, string | undefined>;
};

/**
 * A compose file, or the one in a folder, with the variables and the env files that it uses.
 * @param envFile instead of the `.env` beside it; must be there.
 * @throws CliFailure for what cannot be read, or is no compose file.
 */
export const readCompose = async (path: string, envFile: string | undefined, io: Io): Promise<Read> => {
  const text = path === '-' ? await io.stdin() : await contentOf(path);
  const folder = path === '-' ? process.cwd() : dirname(resolve(path));
  const file = composeFileIn(text);
  if (typeof file === 'string') throw usage(`${path === '-' ? 'standard input' : path} is no compose file: ${printable(file)}`);
  const dotEnv = envFile === undefined ? await optional(join(folder, '.env')) : await contentOf(envFile);
  const variables = { ...variablesIn(dotEnv ?? '', io.env), ...io.env };
  // Their names may hold variables; what is wrong with those is told when the file is taken apart.
  const services = interpolated(file.services, variables, remarks());
  const named = isObject(services) ? Object.values(services).flatMap((each) => (isObject(each) ? envFilesOf(each, '') : [])) : [];
  const contents = named.map(async (each) => [each.path, await optional(resolve(folder, each.path))] as const);
  return { file, folder, variables, envFiles: new Map(await Promise.all(contents)) };
};

const contentOf = (path: string): Promise<string> =>
  readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw usage(error.code === 'ENOENT' ? `there is no file ${path}` : `${path} cannot be read: ${error.message}`);
  });

const optional = (path: string): Promise<string | undefined> =>
  readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR' || error.code === 'EISDIR') return undefined;
    throw usage(`${path} cannot be read: ${error.message}`);
  });
