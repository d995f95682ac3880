import { realpathSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';
import type { ReadAnswer, ReadRequest } from './pageMessage.ts';
import { type Reader, readerOf } from './reader.ts';
import { verify } from './verify.ts';

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
  if (request._tag === 'Stream') return reader.stream(request.stream, request.from, request.max);
  return verify(db, request.stream);
};

port.on('message', (request: ReadRequest) => {
  if (request._tag === 'Close') {
    opened?.db.close();
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
