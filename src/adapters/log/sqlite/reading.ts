import type { StoredFact } from '../../../domain/kernel/ports.ts';
import { type PackedPage, pageUnpacker, type ReadAnswer, type ReadRequest } from './pageMessage.ts';
import { ended, startThread } from './threads.ts';
import type { Verification } from './verify.ts';

/** The main thread's side of a reading thread. Requests are answered in order; a failure rejects that request alone. */
export type ReadingThread = {
  page(request: ReadRequest): Promise<StoredFact[]>;
  verify(stream?: string): Promise<Verification>;
  close(): Promise<void>;
};

type Waiting = { readonly resolve: (value: unknown) => void; readonly reject: (error: Error) => void };

export const startReading = (path: string): ReadingThread => {
  const thread = startThread('readThread', { path });
  const gone = ended(thread);
  const unpack = pageUnpacker();
  const waiting: Waiting[] = [];
  let dead: string | undefined;
  thread.on('message', (answer: ReadAnswer<unknown>) => {
    const asked = waiting.shift();
    if (answer._tag === 'Answer') asked?.resolve(answer.value);
    else asked?.reject(new Error(`the log '${path}' cannot be read: ${answer.reason}`));
  });
  thread.on('error', (error) => {
    dead = error.message;
  });
  thread.on('exit', () => {
    dead ??= 'the log is closed';
    for (const { reject } of waiting.splice(0)) reject(new Error(dead));
  });
  const ask = (request: ReadRequest): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (dead !== undefined) return reject(new Error(dead));
      waiting.push({ resolve, reject });
      thread.postMessage(request);
    });
  return {
    page: async (request) => unpack((await ask(request)) as PackedPage),
    verify: (stream) => ask(stream === undefined ? { _tag: 'Verify' } : { _tag: 'Verify', stream }) as Promise<Verification>,
    close: () => {
      dead ??= 'the log is closed';
      thread.postMessage({ _tag: 'Close' } satisfies ReadRequest);
      return gone;
    },
  };
};
