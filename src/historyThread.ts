import { parentPort, workerData } from 'node:worker_threads';
import { listenUnix } from './adapters/http/listen.ts';
import { engineVerify, type OwnWitnesses } from './logs/verify.ts';
import { openPast } from './openPast.ts';
import { createPastServer } from './pastServer.ts';

/** What the engine gives its history thread. */
export type HistoryThreadData = {
  readonly file: string;
  readonly socketPath: string;
  /** Keys of sealed fields. */
  readonly keys: string;
  /** What the engine's log is compared with when it is verified. */
  readonly witnesses?: OwnWitnesses;
  readonly allowOrigins?: readonly string[];
  readonly compression?: boolean;
};

/** How long the indexer rests when it has come to the head, ms. */
const REST_MS = 250;

const { file, socketPath, keys, witnesses, ...edge } = workerData as HistoryThreadData;
const port = parentPort;
if (port === null) throw new Error('historyThread.ts runs as a worker only');

const past = openPast({ file, keys });
// Whoever may open the socket's file is asked for nothing; nobody else comes through it.
const http = createPastServer({ past, verify: engineVerify(file, past, witnesses), auth: 'none', ...edge });
let timer: NodeJS.Timeout | undefined;

/** One page at a time, so that whoever asks meanwhile is answered in between. */
const follow = (): void => {
  const more = past.step();
  if (more) setImmediate(follow);
  else timer = setTimeout(follow, REST_MS);
};

port.on('message', async () => {
  clearTimeout(timer);
  await http.close();
  past.close();
  process.exit(0);
});
await listenUnix(http, socketPath);
port.postMessage('listening');
follow();
