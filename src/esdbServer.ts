import { Worker } from 'node:worker_threads';
import type { EsdbThreadAnswer, EsdbThreadData, EsdbThreadRequest } from './esdbThread.ts';

/** How long after its end the thread is started again, ms. */
const RESTART_MS = 1_000;
/** Memory that the thread may use before it is ended and started again, MiB: whoever reads too much ends no engine. */
const HEAP_MAX_MIB = 2_048;

export type EsdbServer = {
  readonly host: string;
  readonly port: number;
  /** Facts were appended to the log: whoever follows it is told. */
  advanced(): void;
  close(): Promise<void>;
};

type Running = { readonly thread: Worker; readonly ended: Promise<void>; readonly answered: Promise<EsdbThreadAnswer> };

/**
 * EventStoreDB's protocol is spoken in a thread of its own, on connections that only read the log: nobody who reads holds the engine up. A
 * thread that ends is started again.
 * @throws Error in plain words where it can't listen, or the streams beside the log can't be opened
 */
export const startEsdb = async (data: EsdbThreadData, onTrouble: (text: string) => void): Promise<EsdbServer> => {
  let isClosing = false;
  let timer: NodeJS.Timeout | undefined;

  const begin = (port: number): Running => {
    const thread = new Worker(new URL(`./esdbThread${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url), {
      workerData: { ...data, port },
      name: 'esdb',
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MAX_MIB },
    });
    let why = 'the thread ended';
    thread.on('error', (error) => {
      why = error.message;
    });
    const ended = new Promise<void>((resolve) => thread.once('exit', () => resolve()));
    const answered = new Promise<EsdbThreadAnswer>((resolve) => {
      thread.once('message', resolve);
      void ended.then(() => resolve({ _tag: 'Failed', message: why }));
    });
    return { thread, ended, answered };
  };

  let running = begin(data.port);
  const first = await running.answered;
  if (first._tag === 'Failed') {
    await running.ended;
    throw new Error(
      first.code === 'EADDRINUSE' ? `${data.host}:${data.port} is taken; --esdb-port names another port` : `--esdb-port: ${first.message}`,
    );
  }
  const { host, port } = first;

  /** Clients know the port by now. */
  const keep = (): void => {
    void running.ended.then(() => {
      if (isClosing) return;
      onTrouble('EventStoreDB’s protocol is not spoken for a moment: its thread ended, and is started again');
      timer = setTimeout(() => {
        running = begin(port);
        void running.answered.then((answer) => answer._tag === 'Failed' && !isClosing && onTrouble(`--esdb-port: ${answer.message}`));
        keep();
      }, RESTART_MS);
    });
  };
  keep();

  const tell = (request: EsdbThreadRequest): void => running.thread.postMessage(request);
  return {
    host,
    port,
    advanced: () => tell('advanced'),
    close: async () => {
      isClosing = true;
      clearTimeout(timer);
      tell('close');
      await running.ended;
    },
  };
};
