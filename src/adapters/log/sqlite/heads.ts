import type { Worker } from 'node:worker_threads';
import { ended, startThread } from './threads.ts';

/** All streams' heads at one position, as a tree over them. */
export type HeadsSeen = {
  /** Which log: the hash of its first fact. */
  readonly log: string;
  readonly position: number;
  readonly streams: number;
  readonly root: string;
};

export type HeadRequest = 'look' | 'close';
export type HeadAnswer =
  | ({ readonly _tag: 'Heads' } & HeadsSeen)
  | { readonly _tag: 'Empty' }
  | { readonly _tag: 'Failed'; readonly reason: string };

/** The main thread's side of a thread that follows the heads of a log file. */
export type HeadFollower = {
  /** The heads as they stand on disk now; undefined for an empty log. One question at a time; the first one of a long log takes long. */
  look(): Promise<HeadsSeen | undefined>;
  close(): Promise<void>;
};

/** The thread starts with the first question, and again with the next where it ended. */
export const followHeads = (path: string): HeadFollower => {
  let running: { readonly thread: Worker; readonly gone: Promise<void> } | undefined;
  const start = (): NonNullable<typeof running> => {
    const thread = startThread('headThread', { path });
    // An error that comes with nobody asking is told to whoever asks next, by the thread that is started then.
    thread.on('error', () => {});
    const gone = ended(thread).then(() => {
      running = undefined;
    });
    running = { thread, gone };
    return running;
  };
  return {
    look: () =>
      new Promise((resolve, reject) => {
        const { thread } = running ?? start();
        const done = (): void => {
          thread.off('message', onAnswer);
          thread.off('error', onEnd);
          thread.off('exit', onEnd);
        };
        const onAnswer = (answer: HeadAnswer): void => {
          done();
          if (answer._tag === 'Failed') reject(new Error(answer.reason));
          else resolve(answer._tag === 'Empty' ? undefined : answer);
        };
        const onEnd = (error: unknown): void => {
          done();
          reject(error instanceof Error ? error : new Error('the thread that reads the heads ended'));
        };
        thread.on('message', onAnswer);
        thread.on('error', onEnd);
        thread.on('exit', onEnd);
        thread.postMessage('look' satisfies HeadRequest);
      }),
    close: async () => {
      running?.thread.postMessage('close' satisfies HeadRequest);
      await running?.gone;
    },
  };
};
