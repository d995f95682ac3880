import { copyFile, mkdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { openLogFile } from '../adapters/log/sqlite/logFile.ts';
import type { VerifyProgress, VerifyReport } from '../domain/ports/verification.ts';
import { hexOf } from '../domain/proof/bytes.ts';
import { type BackupManifest, digestOf, LOG, manifestIn, requireEmpty, sync } from './manifest.ts';
import { verifyFile } from './verify.ts';

export type Restored = { readonly manifest: BackupManifest; readonly report: VerifyReport };

export type RestoreOptions = { readonly onProgress?: (progress: VerifyProgress) => void; readonly signal?: AbortSignal };

/**
 * Puts a backup into a data directory that is not there or is empty, for an engine to start from. Checksums are compared and the whole log
 * is verified before anything stands there. @throws Error in plain words; then nothing does
 */
export const restore = async (source: string, dataDir: string, options: RestoreOptions = {}): Promise<Restored> => {
  const from = resolve(source);
  const to = resolve(dataDir);
  const manifest = await manifestIn(from);
  await requireEmpty(to, 'a backup is restored');
  const half = join(dirname(to), `.${basename(to)}.restoring`);
  await rm(half, { recursive: true, force: true });
  await mkdir(half, { recursive: true, mode: 0o711 });
  try {
    for (const [name, { sha256, bytes }] of Object.entries(manifest.files)) {
      if (name.split('/').includes('..') || name.startsWith('/')) throw new Error(`the backup names a file outside of it: '${name}'`);
      await mkdir(dirname(join(half, name)), { recursive: true, mode: 0o711 });
      await copyFile(join(from, name), join(half, name)).catch((error: Error) => {
        throw new Error(`'${name}' of the backup cannot be read: ${error.message}`);
      });
      const found = await digestOf(join(half, name));
      if (found.sha256 !== sha256 || found.bytes !== bytes)
        throw new Error(`'${name}' is not the file that was backed up: its SHA-256 is another one`);
    }
    requireHead(join(half, LOG), manifest);
    const report = await verifyFile(join(half, LOG), options);
    const [fault] = report.faults;
    if (fault !== undefined)
      throw new Error(
        `the log of the backup does not hold: ${fault.stream} revision ${fault.revision} at position ${fault.position}: ${fault.detail}`,
      );
    for (const name of [...Object.keys(manifest.files), '.']) await sync(join(half, name));
    for (const suffix of ['-wal', '-shm']) await rm(join(half, LOG) + suffix, { force: true });
    await rm(to, { recursive: true, force: true });
    await rename(half, to);
    await sync(dirname(to));
    return { manifest, report };
  } catch (error) {
    await rm(half, { recursive: true, force: true });
    throw error;
  }
};

const requireHead = (path: string, { log, head, headHash }: BackupManifest): void => {
  const file = openLogFile(path);
  try {
    const last = file.fact(file.head());
    const found = last === undefined ? undefined : hexOf(last.hash);
    if (file.identity() !== log || file.head() !== head || found !== headHash)
      throw new Error(
        `the log of the backup is not the one that its manifest names: it ends at ${file.head()}, not at ${head} with ${headHash}`,
      );
  } finally {
    file.close();
  }
};
