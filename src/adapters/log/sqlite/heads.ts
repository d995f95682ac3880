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
  /** The heads as they stand on disk now; undefined for an empty log. One question at a time. */
  look(): Promise<HeadsSeen | undefined>;
  close(): Promise<void>;
};

export const followHeads = (path: string): HeadFollower => {
  const thread = startThread('headThread', { path });
  const gone = ended(thread);
  thread.unref();
  let isClosed = false;
  return {
    look: () =>
      new Promise((resolve, reject) => {
        if (isClosed) return reject(new Error('the log is closed'));
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
          isClosed = true;
          reject(error instanceof Error ? error : new Error('the thread that reads the heads ended'));
        };
        thread.on('message', onAnswer);
        thread.on('error', onEnd);
        thread.on('exit', onEnd);
        thread.postMessage('look' satisfies HeadRequest);
      }),
    close: () => {
      if (!isClosed) thread.postMessage('close' satisfies HeadRequest);
      isClosed = true;
      return gone;
    },
  };
};
