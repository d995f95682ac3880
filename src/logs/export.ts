import { createHash } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip, createZstdCompress } from 'node:zlib';
import { type LogFile, openLogFile } from '../adapters/log/sqlite/logFile.ts';
import type { StreamName } from '../domain/kernel/ids.ts';
import { type Moment, momentPosition } from '../domain/kernel/moment.ts';
import { type ChainedFact, documentOf } from '../domain/proof/chained.ts';
import type { ExportFooter, ExportHeader } from '../domain/proof/exported.ts';

export type ExportOptions = {
  /** The first fact is the one behind this moment where it is an instant, else the one at this position. */
  readonly from?: Moment;
  /** The last fact, that moment included. */
  readonly to?: Moment;
  readonly streams?: readonly StreamName[];
  /** ms since 1970. */
  readonly at: number;
};

export type Exported = { readonly header: ExportHeader; readonly facts: number };

/** Lines that go out together, in characters. */
const CHUNK_CHARS = 256 * 1024;

/** Writes a log, or a part of it, to a file: `.gz` and `.zst` are compressed. The file stands there when it is whole. @throws Error in plain words */
export const exportToFile = async (path: string, out: string, options: ExportOptions): Promise<Exported> => {
  const half = `${out}.exporting`;
  try {
    const file = await open(half, 'w', 0o600);
    const exported = await withLines(path, options, (chunks) =>
      pipeline([Readable.from(chunks), ...compressionOf(out), file.createWriteStream({ flush: true })]),
    );
    await rename(half, out);
    return exported;
  } catch (error) {
    await rm(half, { force: true });
    throw error;
  }
};

/** Writes it as text to somebody who takes one chunk after the other. */
export const exportTo = (path: string, take: (chunk: string) => void, options: ExportOptions): Promise<Exported> =>
  withLines(path, options, async (chunks) => {
    for (const chunk of chunks) take(chunk);
  });

const compressionOf = (out: string): readonly NodeJS.ReadWriteStream[] =>
  out.endsWith('.gz') ? [createGzip()] : out.endsWith('.zst') ? [createZstdCompress()] : [];

const withLines = async (path: string, options: ExportOptions, use: (chunks: Iterable<string>) => Promise<void>): Promise<Exported> => {
  const log = openLogFile(path);
  try {
    const header = headerOf(log, options);
    const counted = { facts: 0 };
    await use(chunksOf(linesOf(log, header, counted)));
    return { header, facts: counted.facts };
  } finally {
    log.close();
  }
};

const headerOf = (log: LogFile, { from, to, streams, at }: ExportOptions): ExportHeader => {
  const identity = log.identity();
  if (log.elsewhere() > 0)
    throw new Error(
      `${log.elsewhere()} facts of the log '${log.path}' stand in archives that can't be reached (${filesOf(log)}): an export would not be whole`,
    );
  if (identity === undefined) throw new Error(`the log '${log.path}' is empty: there is nothing to export`);
  const head = log.head();
  return {
    format: 'wharfinger-log/1',
    log: identity,
    head,
    from: from === undefined ? 1 : Math.max(1, 'position' in from ? from.position : momentPosition(log, from) + 1),
    to: to === undefined ? head : Math.min(head, momentPosition(log, to)),
    ...(streams !== undefined && streams.length > 0 && { streams: [...streams] }),
    at,
  };
};

const filesOf = (log: LogFile): string =>
  log
    .archives()
    .map(({ file, directory }) => `${directory}/${file}`)
    .join(', ');

const linesOf = function* (log: LogFile, header: ExportHeader, counted: { facts: number }): Generator<string, void> {
  const digest = createHash('sha256');
  const line = (document: unknown): string => {
    const text = `${JSON.stringify(document)}\n`;
    digest.update(text);
    return text;
  };
  yield line(header);
  for (const fact of factsOf(log, header)) {
    counted.facts++;
    yield line(documentOf(fact));
  }
  const footer: ExportFooter = { end: true, facts: counted.facts, sha256: digest.digest('hex') };
  yield `${JSON.stringify(footer)}\n`;
};

const factsOf = function* (log: LogFile, { from, to, streams }: ExportHeader): Generator<ChainedFact, void> {
  if (streams === undefined) {
    yield* log.facts(from - 1, to);
    return;
  }
  const some = [...new Set(streams)].flatMap((stream) => [...log.stream(stream, 0, to)]);
  yield* some.filter(({ position }) => position >= from).sort((a, b) => a.position - b.position);
};

const chunksOf = function* (lines: Iterable<string>): Generator<string, void> {
  let chunk = '';
  for (const line of lines) {
    chunk += line;
    if (chunk.length < CHUNK_CHARS) continue;
    yield chunk;
    chunk = '';
  }
  yield chunk;
};
