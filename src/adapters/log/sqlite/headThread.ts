import { parentPort, workerData } from 'node:worker_threads';
import { hexOf } from '../../../domain/proof/bytes.ts';
import type { HeadAnswer, HeadRequest } from './heads.ts';
import { type FollowedHeads, type LogFile, openLogFile } from './logFile.ts';

/** A thread that follows the heads of all streams, so that a checkpoint of a long log costs the engine nothing. Opens the file when asked. */
const { path } = workerData as { path: string };
const port = parentPort;
if (port === null) throw new Error('headThread.ts runs as a worker only');

let opened: { readonly file: LogFile; readonly heads: FollowedHeads; readonly removed: number } | undefined;

const look = (): HeadAnswer => {
  try {
    // What has left the log since may not have been taken yet.
    if (opened !== undefined && opened.file.removed() !== opened.removed) {
      opened.file.close();
      opened = undefined;
    }
    if (opened === undefined) {
      const file = openLogFile(path);
      opened = { file, heads: file.heads(), removed: file.removed() };
    }
    const { file, heads } = opened;
    const log = file.identity();
    if (log === undefined) return { _tag: 'Empty' };
    const position = heads.advance();
    return { _tag: 'Heads', log, position, root: hexOf(heads.root()), streams: heads.size() };
  } catch (error) {
    return { _tag: 'Failed', reason: error instanceof Error ? error.message : String(error) };
  }
};

port.on('message', (request: HeadRequest) => {
  if (request === 'look') port.postMessage(look());
  else {
    opened?.file.close();
    port.close();
  }
});
