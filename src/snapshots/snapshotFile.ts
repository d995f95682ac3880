import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { KEPT, KEPT_VERSIONS, type KeptStates, type ViewsAt } from '../projections/kept.ts';
import type { Reached } from '../projections/runner.ts';
import type { SnapshotCodec } from '../projections/snapshot.ts';
import { type Frames, frameOf, framesOf, MAGIC } from './frames.ts';
import { pieceReader } from './pieceReader.ts';
import { pieceWriter } from './pieceWriter.ts';

/** Raised with any change of how pieces are packed; a snapshot of another format is not used. */
const FORMAT = 1;
/** Behind the last view. */
const END = 0;
/** Ends the names of files that are being written. */
export const UNFINISHED = '.new';

/** What a snapshot was made of. */
export type SnapshotOf = {
  /** Hash of the log's first fact. */
  readonly log: string;
  /** Hash of the fact up to which it was made. */
  readonly hash: string;
  /** Streams that had left the log for archives: what a fold of the log no longer finds. */
  readonly removed: number;
};

export type SnapshotHead = SnapshotOf & Reached & { readonly format: number; readonly views: string };

/** Why a snapshot is not used: damaged, or of another log, version or place. */
export class SnapshotUnusable extends Error {
  override name = 'SnapshotUnusable';
}

/**
 * Writes a snapshot beside its place and puts it there when it is on disk: whoever dies meanwhile leaves the one before.
 * @throws Error where it cannot be written
 */
export const writeSnapshot = (path: string, of: SnapshotOf, { reached, states }: ViewsAt): { readonly bytes: number } => {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  // Another process may be about to write one too, where its engine died.
  const beside = `${path}.${process.pid}${UNFINISHED}`;
  const file = openSync(beside, 'w', 0o600);
  let bytes = 0;
  const put = (part: Uint8Array): void => {
    for (let done = 0; done < part.length; ) done += writeSync(file, part, done);
    bytes += part.length;
  };
  const frame = (piece: Uint8Array): void => {
    for (const part of frameOf(piece)) put(part);
  };
  try {
    put(MAGIC);
    frame(Buffer.from(JSON.stringify({ format: FORMAT, views: KEPT_VERSIONS, ...of, ...reached } satisfies SnapshotHead)));
    const writer = pieceWriter(frame);
    for (const [name, { codec }] of Object.entries(KEPT)) (codec as SnapshotCodec<unknown>).write(states[name as keyof KeptStates], writer);
    writer.uint(END);
    writer.end();
    // One without this was cut short.
    frame(MAGIC);
    fsyncSync(file);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  } finally {
    closeSync(file);
  }
  renameSync(beside, path);
  const folder = openSync(dirname(path), 'r');
  fsyncSync(folder);
  closeSync(folder);
  return { bytes };
};

export type ReadOptions = {
  /** Whether the log still says this of the place up to which the snapshot was made. */
  readonly stands: (head: SnapshotHead) => boolean;
  /** Makes readable what was kept closed. */
  readonly opened?: (whole: unknown) => unknown;
};

/**
 * Reads a snapshot piece by piece: others have their turn in between.
 * @returns undefined where there is none
 * @throws SnapshotUnusable
 */
export const readSnapshot = async (path: string, { stands, opened }: ReadOptions): Promise<ViewsAt | undefined> => {
  try {
    const frames = framesOf(await readFile(path));
    const { position, term } = await headIn(frames, stands);
    return { reached: { position, term }, states: await statesIn(frames, opened) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error instanceof SnapshotUnusable ? error : new SnapshotUnusable(error instanceof Error ? error.message : String(error));
  }
};

const headIn = async (frames: Frames, stands: ReadOptions['stands']): Promise<SnapshotHead> => {
  const head = JSON.parse(Buffer.from(await frames.next()).toString()) as SnapshotHead;
  if (head.format !== FORMAT) throw new SnapshotUnusable(`it is of format ${head.format}, not ${FORMAT}`);
  if (head.views !== KEPT_VERSIONS) throw new SnapshotUnusable('it is of other versions of the views');
  if (!stands(head)) throw new SnapshotUnusable('the log does not stand where it was made');
  return head;
};

const statesIn = async (frames: Frames, opened: ReadOptions['opened']): Promise<KeptStates> => {
  const source = pieceReader(opened);
  const states: Record<string, unknown> = {};
  for (const [name, { codec }] of Object.entries(KEPT)) {
    const reading = (codec as SnapshotCodec<unknown>).read(source);
    if (source.rowEnd()) source.feed(await frames.next());
    for (let read = reading.next(); ; read = reading.next()) {
      if (read.done === true) {
        states[name] = read.value;
        break;
      }
      source.feed(await frames.next());
    }
  }
  if (source.rowEnd()) source.feed(await frames.next());
  if (source.uint() !== END || !source.rowEnd()) throw new SnapshotUnusable('it holds more than this version knows');
  await frames.end();
  return states as KeptStates;
};
