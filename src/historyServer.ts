import { Worker } from 'node:worker_threads';
import type { HistoryThreadData } from './historyThread.ts';

/** How long after its end the thread is started again, ms. */
const RESTART_MS = 1_000;
/** Memory that the thread may use before it is ended and started again, MiB: whoever asks too much of the past ends no engine. */
const HEAP_MAX_MIB = 2_048;

export type HistoryServer = {
  /** Where the past is answered; undefined while its reader starts. */
  socketPath(): string | undefined;
  close(): Promise<void>;
};

/** The past is read, indexed and answered for in a thread of its own: nobody who asks of it holds the engine up. */
export const startHistory = async (data: HistoryThreadData, onTrouble: (text: string) => void): Promise<HistoryServer> => {
  let isClosing = false;
  let isListening = false;
  let thread: Worker;
  let restart: NodeJS.Timeout | undefined;
  let ended: Promise<void>;
  const start = (): Promise<void> =>
    new Promise((resolve) => {
      thread = new Worker(new URL(`./historyThread${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url), {
        workerData: data,
        name: 'history',
        resourceLimits: { maxOldGenerationSizeMb: HEAP_MAX_MIB },
      });
      thread.once('message', () => {
        isListening = true;
        resolve();
      });
      thread.on('error', (error) => onTrouble(`the reader of the past ended: ${error.message}`));
      ended = new Promise((gone) =>
        thread.once('exit', () => {
          isListening = false;
          gone();
          resolve();
          if (!isClosing) restart = setTimeout(() => void start(), RESTART_MS);
        }),
      );
    });
  await start();
  return {
    socketPath: () => (isListening ? data.socketPath : undefined),
    close: async () => {
      isClosing = true;
      clearTimeout(restart);
      thread.postMessage('close');
      await ended;
    },
  };
};
