import type { Worker } from 'node:worker_threads';
import { type AppendRequest, groupPacker, type LogThreadAnswer, type Outcome, unpackOutcome } from './groupMessage.ts';
import { ended, startThread } from './threads.ts';

/** The main thread's side of the log thread: hands over what waits, once in each turn of the event loop, and never waits for the disk. */
export type WritingThread<Append extends AppendRequest> = {
  /** As the file was found: position of its last fact and the highest term. */
  readonly opened: { readonly head: number; readonly term: number };
  append(append: Append): void;
  counted(): { readonly commits: number; readonly rolledBack: number; readonly waiting: number; readonly logThreadCpuMicros: number };
  /** What waits is still written; what comes later is Unavailable. `before` runs before the file is closed. */
  close(before: () => Promise<void>): Promise<void>;
};

type Answered<Append> = (appends: readonly Append[], outcomeOf: (index: number) => Outcome) => void;

/** Answered appends before the front of the queue is cut off: shifting them one by one is slow in a long queue. */
const QUEUE_SLACK = 10_000;

/** @throws Error in plain words, see `openSqliteLog`. */
export const startWriting = async <Append extends AppendRequest>(
  options: { readonly path: string; readonly synchronous: 'FULL' | 'NORMAL' | 'OFF'; readonly isMirror: boolean },
  answered: Answered<Append>,
): Promise<WritingThread<Append>> => {
  const thread = startThread('writeThread', options);
  const gone = ended(thread);
  const opened = await firstAnswer(thread);
  if (opened._tag !== 'Opened') {
    await gone;
    throw new Error(opened._tag === 'Failed' ? opened.reason : `the log '${options.path}' did not open`);
  }
  /** Appends of this turn of the event loop, which go to the log thread together at its end. */
  let gathered: Append[] = [];
  /** Appends that the log thread has, in order; those before `sentFrom` are answered. */
  const sent: Append[] = [];
  let sentFrom = 0;
  let unavailable: string | undefined;
  const pack = groupPacker();
  const counted = { commits: 0, rolledBack: 0, logThreadCpuMicros: 0 };

  const takeSent = (count: number): Append[] => {
    const taken = sent.slice(sentFrom, sentFrom + count);
    sentFrom += count;
    if (sentFrom === sent.length || sentFrom > QUEUE_SLACK) {
      sent.splice(0, sentFrom);
      sentFrom = 0;
    }
    return taken;
  };
  const refuse = (appends: readonly Append[], reason: string): void => answered(appends, () => ({ _tag: 'Unavailable', reason }));
  const send = (): void => {
    const group = gathered;
    gathered = [];
    if (unavailable !== undefined) {
      refuse(group, unavailable);
      return;
    }
    for (const append of group) sent.push(append);
    const packed = pack(group);
    thread.postMessage(packed, [packed.numbers.buffer]);
  };

  thread.on('message', (answer: LogThreadAnswer) => {
    if (answer._tag === 'Committed') {
      counted.commits++;
      counted.logThreadCpuMicros = answer.cpuMicros;
      const appends = takeSent(answer.outcomes.length / 3);
      answered(appends, (index) => unpackOutcome(answer.outcomes, index, appends[index] as Append));
    } else if (answer._tag === 'RolledBack') {
      counted.rolledBack++;
      counted.logThreadCpuMicros = answer.cpuMicros;
      refuse(takeSent(answer.appends), answer.reason);
    }
  });
  thread.on('error', (error) => {
    unavailable ??= `the log thread ended: ${error.message}`;
  });
  thread.on('exit', () => {
    unavailable ??= 'the log thread ended';
    refuse(takeSent(sent.length - sentFrom), unavailable);
  });

  return {
    opened,
    append: (append) => {
      if (unavailable !== undefined) {
        refuse([append], unavailable);
        return;
      }
      // At the end of this turn: whoever else appends in answer to the same commit shares the next one.
      if (gathered.length === 0) setImmediate(send);
      gathered.push(append);
    },
    counted: () => ({ ...counted, waiting: gathered.length + sent.length - sentFrom }),
    close: async (before) => {
      if (unavailable === undefined) {
        if (gathered.length > 0) send();
        unavailable = 'the log is closed';
        await before();
        thread.postMessage('close');
      }
      await gone;
    },
  };
};

const firstAnswer = (thread: Worker): Promise<LogThreadAnswer> =>
  new Promise((resolve, reject) => {
    thread.once('message', resolve);
    thread.once('error', reject);
  });
