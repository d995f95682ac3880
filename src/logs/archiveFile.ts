import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { z } from 'zod';
import type { ArchivedHead } from '../adapters/log/sqlite/archiving.ts';
import type { LogFile } from '../adapters/log/sqlite/logFile.ts';
import { hexOf } from '../domain/proof/bytes.ts';
import { type ChainedFact, documentOf } from '../domain/proof/chained.ts';
import { sync } from './manifest.ts';

/** First line of an archive: which log, and where the chain of each of its streams stands. */
const archiveHeader = z.object({
  format: z.literal('wharfinger-archive/1'),
  log: z.string(),
  upTo: z.int(),
  heads: z.array(z.object({ stream: z.string(), revision: z.int().min(0), hash: z.string() })),
});
export type ArchiveHeader = z.infer<typeof archiveHeader>;

export type WrittenArchive = {
  readonly file: string;
  /** Of the file's bytes, hex. */
  readonly sha256: string;
  readonly facts: number;
  readonly heads: readonly ArchivedHead[];
};

/**
 * Writes whole streams to one compressed file, with a manifest beside it: JSON lines with hashes, in the order of the log. Both are on disk
 * when this resolves, and stand under their names only then. The same streams make the same file.
 * @throws Error in plain words
 */
export const writeArchive = async (
  log: LogFile,
  directory: string,
  streams: readonly (readonly ChainedFact[])[],
  upTo: number,
): Promise<WrittenArchive> => {
  const folder = resolve(directory);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const heads = streams.flatMap((facts) => {
    const last = facts.at(-1);
    return last === undefined ? [] : [{ stream: last.stream, revision: last.revision, hash: hexOf(last.hash) }];
  });
  const facts = streams.flat().sort((a, b) => a.position - b.position);
  const header: ArchiveHeader = { format: 'wharfinger-archive/1', log: log.identity() ?? '', upTo, heads };
  const text = [header, ...facts.map(documentOf), { end: true, facts: facts.length }].map((line) => `${JSON.stringify(line)}\n`).join('');
  const bytes = zstdCompressSync(text);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const file = `archive-${String(upTo).padStart(12, '0')}-${sha256.slice(0, 12)}.jsonl.zst`;
  const manifest = {
    format: 'wharfinger-archive-manifest/1',
    log: header.log,
    file,
    sha256,
    bytes: bytes.length,
    upTo,
    streams: heads.length,
    facts: facts.length,
  };
  await writeWhole(join(folder, file), bytes);
  await writeWhole(join(folder, `${file}.manifest.json`), `${JSON.stringify(manifest, undefined, 2)}\n`);
  await sync(folder);
  return { file, sha256, facts: facts.length, heads };
};

const writeWhole = async (path: string, content: string | Uint8Array): Promise<void> => {
  const half = `${path}.partial`;
  await rm(half, { force: true });
  await writeFile(half, content, { mode: 0o600, flag: 'wx' });
  const file = await open(half, 'r');
  await file.sync();
  await file.close();
  await rename(half, path);
};

/** The heads of an archive; undefined where it is not there. @throws Error where it is not what was recorded */
export const readArchiveHeads = (path: string, sha256: string): readonly ArchivedHead[] | undefined => {
  if (!existsSync(path)) return undefined;
  const bytes = readFileSync(path);
  if (createHash('sha256').update(bytes).digest('hex') !== sha256) throw new Error(`the archive '${path}' is not what was recorded`);
  const text = zstdDecompressSync(bytes).toString('utf8');
  return archiveHeader.parse(JSON.parse(text.slice(0, text.indexOf('\n')))).heads;
};
