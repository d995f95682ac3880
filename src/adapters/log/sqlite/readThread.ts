import { realpathSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import { type ArchiveRow, archiveOf, removedStreams, unreachable } from './archives.ts';
import { openWhole } from './openWhole.ts';
import type { ReadAnswer, ReadRequest } from './pageMessage.ts';
import { type Reader, readerOf } from './reader.ts';
import { type Verification, verify } from './verify.ts';

/** A reading thread: answers one request after the other, in order. Opens the file at the first one. */
const { path } = workerData as { path: string };
const port = parentPort;
if (port === null) throw new Error('readThread.ts runs as a worker only');

let opened: { readonly db: DatabaseSync; readonly reader: Reader } | undefined;

const open = (): { readonly db: DatabaseSync; readonly reader: Reader } => {
  const db = new DatabaseSync(realpathSync(path), { readOnly: true });
  db.exec('PRAGMA cache_size = -16384');
  opened = { db, reader: readerOf(db) };
  return opened;
};

const answer = (request: Exclude<ReadRequest, { _tag: 'Close' }>): unknown => {
  const { db, reader } = opened ?? open();
  if (request._tag === 'All') return reader.all(request.after, request.upTo, request.max);
  if (request._tag === 'Stream') return readerOfStream(db, reader, request.stream).stream(request.stream, request.from, request.max);
  return verifyWhole(request.stream);
};

let whole:
  | { readonly removed: number; readonly db: DatabaseSync; readonly missing: readonly ArchiveRow[]; readonly reader: Reader }
  | undefined;

/** A stream that has left the log is read out of its archive; whatever is in it still, from the log alone. */
const readerOfStream = (db: DatabaseSync, reader: Reader, stream: string): Reader => {
  const archive = archiveOf(db, stream);
  if (archive === undefined) return reader;
  const removed = removedStreams(db);
  if (whole?.removed !== removed) {
    whole?.db.close();
    whole = undefined;
    const opened = openWhole(path);
    whole = { ...opened, removed, reader: readerOf(opened.db) };
  }
  if (whole.missing.some(({ id }) => id === archive.id)) throw unreachable(stream, archive, path);
  return whole.reader;
};

const verifyWhole = (stream?: string): Verification => {
  const { db, missing } = openWhole(path);
  try {
    return verify(db, stream, missing);
  } finally {
    db.close();
  }
};

port.on('message', (request: ReadRequest) => {
  if (request._tag === 'Close') {
    opened?.db.close();
    whole?.db.close();
    port.close();
    return;
  }
  let said: ReadAnswer<unknown>;
  try {
    said = { _tag: 'Answer', value: answer(request) };
  } catch (error) {
    said = { _tag: 'Failed', reason: error instanceof Error ? error.message : String(error) };
  }
  port.postMessage(said);
});
