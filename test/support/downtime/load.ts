import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

export type LoadOptions = {
  readonly port: number;
  /** Clients that ask at once, one request after the other. */
  readonly clients: number;
  /** A header that half of the requests bear, with the value `yes`. */
  readonly trial: string;
};

export type Asked = { readonly type: 'open' | 'failures' | 'stop' } | { readonly type: 'await'; readonly answered: number };
export type Told = { readonly window?: Window; readonly failures?: readonly Failure[]; readonly report?: Report };
/** Of requests that were sent since a window was opened: how many each release has answered. */
export type Window = {
  readonly plain: Readonly<Record<string, number>>;
  /** Those that bore the header. */
  readonly trial: Readonly<Record<string, number>>;
  readonly answered: number;
  readonly failed: number;
  readonly sinceMs: number;
};
export type Failure = { readonly at: number; readonly tookMs: number; readonly isPost: boolean; readonly why: string };
export type Report = {
  readonly sent: number;
  readonly answered: number;
  readonly failed: number;
  readonly failures: readonly Failure[];
  /** Of POSTs that were not answered: the app may have counted them or not. */
  readonly failedIds: readonly string[];
  /** POSTs of each client; the ids of client `n` are `n-0`, `n-1` … */
  readonly posted: readonly number[];
};

export type Load = {
  /** Counts anew, by requests that are sent from now on. */
  open(): Promise<void>;
  /** Answers with the counts once there are so many answers since the window was opened. */
  until(answered: number): Promise<Window>;
  failures(): Promise<readonly Failure[]>;
  /** Ends every request that was begun. */
  stop(): Promise<Report>;
  kill(): void;
};

export const startLoad = (options: LoadOptions): Load => {
  const child: ChildProcess = fork(join(import.meta.dirname, 'loadProcess.ts'), [JSON.stringify(options)]);
  const ask = async (asked: Asked): Promise<Told> => {
    const answer = once(child, 'message') as Promise<[Told]>;
    child.send(asked);
    return (await answer)[0];
  };
  return {
    open: async () => void (await ask({ type: 'open' })),
    until: async (answered) => (await ask({ type: 'await', answered })).window as Window,
    failures: async () => (await ask({ type: 'failures' })).failures ?? [],
    stop: async () => (await ask({ type: 'stop' })).report as Report,
    kill: () => void child.kill('SIGKILL'),
  };
};

export type Judgement = {
  readonly sent: number;
  readonly failed: number;
  /** Answered, and counted by nobody. */
  readonly lost: readonly string[];
  /** Counted more than once. */
  readonly doubled: readonly string[];
};

/** Holds what clients were answered against what the instances have counted. */
export const judge = async ({ sent, failed, failedIds, posted }: Report, countedFile: string): Promise<Judgement> => {
  const lines = (await readFile(countedFile, 'utf8')).trim().split('\n');
  const counts = new Map<string, number>();
  for (const line of lines) {
    const id = line.slice(0, line.indexOf(' '));
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  const unanswered = new Set(failedIds);
  const ids = posted.flatMap((count, client) => Array.from({ length: count }, (_, nth) => `${client}-${nth}`));
  return {
    sent,
    failed,
    lost: ids.filter((id) => !unanswered.has(id) && !counts.has(id)),
    doubled: [...counts].flatMap(([id, count]) => (count > 1 ? [id] : [])),
  };
};
