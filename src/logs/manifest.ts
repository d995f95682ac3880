import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { openLogFile } from '../adapters/log/sqlite/logFile.ts';
import { hexOf } from '../domain/proof/bytes.ts';
import { VERSION } from '../version.ts';

/** What a data directory needs to come back. Whatever else is in it is made again: the socket, the balancer's files, caches of views. */
export const LOG = 'log.sqlite';
/** What an engine has that follows a log which it shares. */
export const MIRROR = 'mirror/log.sqlite';
/** Without it sealed fields stay sealed for ever. */
export const KEYS = 'keys.sqlite';
/** Streams of others, where EventStoreDB's protocol was ever spoken. */
export const STREAMS = 'streams.sqlite';
/** So that clients go on with the token that they have. */
export const TOKEN = 'token';
export const SERVICE_ACCOUNTS = 'service-accounts';
export const MANIFEST = 'manifest.json';

const hash = z.string().regex(/^[0-9a-f]{64}$/, 'is no SHA-256 in lower-case hex');

const manifestShape = z.strictObject({
  format: z.literal('wharfinger-backup/1'),
  /** Of the program that wrote it. */
  version: z.string(),
  /** ms since 1970. */
  at: z.int(),
  /** Which log: the hash of its first fact; absent for an empty one. */
  log: hash.optional(),
  /** Position of its last fact. */
  head: z.int().min(0),
  /** Hash of its last fact. */
  headHash: hash.optional(),
  files: z.record(z.string(), z.strictObject({ bytes: z.int().min(0), sha256: hash })),
});
export type BackupManifest = z.infer<typeof manifestShape>;

/** What stands in a folder that is about to be a backup. */
export const manifestOf = async (folder: string, at: number): Promise<BackupManifest> => {
  const log = openLogFile(join(folder, LOG));
  const identity = log.identity();
  const head = log.head();
  const last = log.fact(head);
  log.close();
  // Reading in WAL mode leaves two files that say nothing.
  for (const suffix of ['-wal', '-shm']) await rm(join(folder, LOG) + suffix, { force: true });
  const names = (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1));
  const files: Record<string, { bytes: number; sha256: string }> = {};
  for (const name of names.sort()) files[name] = await digestOf(join(folder, name));
  return {
    format: 'wharfinger-backup/1',
    version: VERSION,
    at,
    ...(identity !== undefined && { log: identity }),
    head,
    ...(last !== undefined && { headHash: hexOf(last.hash) }),
    files,
  };
};

/** @throws Error for a folder that is no backup */
export const manifestIn = async (folder: string): Promise<BackupManifest> => {
  let text: string;
  try {
    text = await readFile(join(folder, MANIFEST), 'utf8');
  } catch (error) {
    throw new Error(`'${folder}' is no backup: ${(error as Error).message}`);
  }
  const read = manifestShape.safeParse(JSON.parse(text));
  if (read.success && LOG in read.data.files) return read.data;
  const [issue] = read.error?.issues ?? [];
  throw new Error(
    `'${folder}' is no backup: ${MANIFEST}: ${issue === undefined ? `names no ${LOG}` : `${issue.path.join('.')}: ${issue.message}`}`,
  );
};

export const digestOf = async (path: string): Promise<{ readonly bytes: number; readonly sha256: string }> => {
  const digest = createHash('sha256');
  await pipeline(createReadStream(path), digest);
  return { bytes: (await stat(path)).size, sha256: digest.digest('hex') };
};

/** @param what what is about to be done, for people. @throws Error for anything but an empty directory, or none */
export const requireEmpty = async (path: string, what: string): Promise<void> => {
  const there = await readdir(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new Error(
      error.code === 'ENOTDIR' ? `'${path}' is a file; ${what} to a directory` : `'${path}' cannot be read: ${error.message}`,
    );
  });
  if (there.length > 0) throw new Error(`'${path}' is not empty; ${what} to a directory that is empty or not there`);
};

/** Makes sure that a file or a directory is on disk as it is. */
export const sync = async (path: string): Promise<void> => {
  const file = await open(path, 'r');
  await file.sync();
  await file.close();
};
