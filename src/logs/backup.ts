import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { copyDatabase } from '../adapters/log/sqlite/backing.ts';
import {
  type BackupManifest,
  KEYS,
  LOG,
  MANIFEST,
  MIRROR,
  manifestOf,
  requireEmpty,
  SERVICE_ACCOUNTS,
  STREAMS,
  sync,
  TOKEN,
} from './manifest.ts';

/**
 * Copies a data directory while its engine runs: the log as it stands at one moment, then its keys, so that all that the log needs is there.
 * The destination stands there when it is whole. @throws Error in plain words
 */
export const backUp = async (dataDir: string, destination: string, at: number): Promise<BackupManifest> => {
  const from = resolve(dataDir);
  const to = resolve(destination);
  requireOwnLog(from);
  await requireEmpty(to, 'a backup is written');
  const half = join(dirname(to), `.${basename(to)}.partial`);
  await rm(half, { recursive: true, force: true });
  await mkdir(half, { recursive: true, mode: 0o700 });
  try {
    // Before the log: its events stand behind facts that the copy must have.
    if (existsSync(join(from, STREAMS))) await copyDatabase(join(from, STREAMS), join(half, STREAMS));
    await copyDatabase(join(from, LOG), join(half, LOG));
    if (existsSync(join(from, KEYS))) await copyDatabase(join(from, KEYS), join(half, KEYS));
    if (existsSync(join(from, TOKEN))) await copyFile(join(from, TOKEN), join(half, TOKEN));
    const accounts = existsSync(join(from, SERVICE_ACCOUNTS)) ? await readdir(join(from, SERVICE_ACCOUNTS)) : [];
    if (accounts.length > 0) await mkdir(join(half, SERVICE_ACCOUNTS), { mode: 0o700 });
    for (const name of accounts) await copyFile(join(from, SERVICE_ACCOUNTS, name), join(half, SERVICE_ACCOUNTS, name));
    const manifest = await manifestOf(half, at);
    await writeFile(join(half, MANIFEST), `${JSON.stringify(manifest, undefined, 2)}\n`);
    for (const name of [...Object.keys(manifest.files), MANIFEST, '.']) await sync(join(half, name));
    await rm(to, { recursive: true, force: true });
    await rename(half, to);
    await sync(dirname(to));
    return manifest;
  } catch (error) {
    await rm(half, { recursive: true, force: true });
    throw error;
  }
};

/** @throws Error where what is here is no log, or the copy of one that others write */
const requireOwnLog = (dataDir: string): void => {
  const [hasLog, hasMirror] = [LOG, MIRROR].map((name) => existsSync(join(dataDir, name)));
  if (hasLog && hasMirror)
    throw new Error(`'${dataDir}' holds both a log and the mirror of one at a store; move away that which its engine does not use`);
  if (hasMirror)
    throw new Error(
      `the log of '${dataDir}' is at a store, with its keys: back up the store and the cluster secret, which is all an engine needs`,
    );
  if (!hasLog) throw new Error(`there is no log in '${dataDir}'`);
};
