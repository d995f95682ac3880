import { Worker } from 'node:worker_threads';
import type { HistoryThreadData } from './historyThread.ts';

/** The engine's own first seconds come before the index: the thread starts so long after it, ms, or with the first question. */
const START_AFTER_MS = 5_000;
/** How long after its end the thread is started again, ms. */
const RESTART_MS = 1_000;
/** Memory that the thread may use before it is ended and started again, MiB: whoever asks too much of the past ends no engine. */
const HEAP_MAX_MIB = 2_048;

export type HistoryServer = {
  /** Where the past is answered, as soon as it is; undefined where its reader ended before it was. */
  socketPath(): Promise<string | undefined>;
  close(): Promise<void>;
};

type Running = { readonly thread: Worker; readonly isListening: Promise<boolean>; readonly ended: Promise<void> };

/** The past is read, indexed and answered for in a thread of its own: nobody who asks of it holds the engine up. */
export const startHistory = (data: HistoryThreadData, onTrouble: (text: string) => void): HistoryServer => {
  let isClosing = false;
  let running: Running | undefined;
  let timer: NodeJS.Timeout;

  const start = (): Running => {
    clearTimeout(timer);
    const thread = new Worker(new URL(`./historyThread${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url), {
      workerData: data,
      name: 'history',
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MAX_MIB },
    });
    thread.on('error', (error) => onTrouble(`the reader of the past ended: ${error.message}`));
    const ended = new Promise<void>((resolve) => thread.once('exit', () => resolve()));
    void ended.then(() => {
      running = undefined;
      if (!isClosing) timer = setTimeout(start, RESTART_MS);
    });
    const listening = new Promise<boolean>((resolve) => thread.once('message', () => resolve(true)));
    running = { thread, ended, isListening: Promise.race([listening, ended.then(() => false)]) };
    return running;
  };
  timer = setTimeout(start, START_AFTER_MS);
  return {
    socketPath: async () => {
      if (isClosing) return undefined;
      const { isListening } = running ?? start();
      return (await isListening) ? data.socketPath : undefined;
    },
    close: async () => {
      isClosing = true;
      clearTimeout(timer);
      running?.thread.postMessage('close');
      await running?.ended;
    },
  };
};
