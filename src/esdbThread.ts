import { parentPort, workerData } from 'node:worker_threads';
import { type EsdbServing, type EsdbServingOptions, serveEsdb } from './esdbServing.ts';

/** What the engine gives its thread that speaks EventStoreDB's protocol. */
export type EsdbThreadData = Omit<EsdbServingOptions, 'facts'>;

export type EsdbThreadAnswer =
  | { readonly _tag: 'Listening'; readonly host: string; readonly port: number }
  | { readonly _tag: 'Failed'; readonly code?: string; readonly message: string };

export type EsdbThreadRequest = 'advanced' | 'close';

const port = parentPort;
if (port === null) throw new Error('esdbThread.ts runs as a worker only');
const say = (answer: EsdbThreadAnswer): void => port.postMessage(answer);

let serving: EsdbServing | undefined;
let isClosing = false;

const close = async (): Promise<void> => {
  await serving?.close();
  process.exit(0);
};

port.on('message', (request: EsdbThreadRequest) => {
  if (request === 'advanced') return serving?.advanced();
  isClosing = true;
  if (serving !== undefined) void close();
  return undefined;
});

try {
  serving = await serveEsdb(workerData as EsdbThreadData);
  say({ _tag: 'Listening', host: serving.host, port: serving.port });
  if (isClosing) void close();
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException;
  say({ _tag: 'Failed', message, ...(code !== undefined && { code }) });
  setImmediate(() => process.exit(1));
}
