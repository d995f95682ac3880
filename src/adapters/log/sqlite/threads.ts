import { Worker } from 'node:worker_threads';

/** Starts one of the threads beside this file: as it stands in the source tree, or as it was compiled for the package. */
export const startThread = (name: 'writeThread' | 'readThread' | 'headThread', workerData: unknown): Worker =>
  new Worker(new URL(`./${name}${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url), { workerData, name: `log ${name}` });

/** Resolves when the thread is gone. */
export const ended = (thread: Worker): Promise<void> => new Promise((resolve) => thread.once('exit', () => resolve()));
