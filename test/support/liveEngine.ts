import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Verification } from '../../src/adapters/log/sqlite/verify.ts';
import type { ServerOptions } from '../../src/main.ts';
import { type Api, apiOf } from './api.ts';

/** An engine in a process of its own that a test may kill and start again over the same data. */

export type Insight = {
  readonly verified: Verification;
  readonly quarantined: readonly unknown[];
  readonly instances: readonly {
    readonly id: string;
    readonly app: string;
    readonly version: string;
    readonly slot: number;
    readonly state: string;
    readonly node?: string;
  }[];
};

export type LiveEngine = {
  readonly api: Api;
  readonly pid: number;
  /** What the engine holds, and whether its log is sound. */
  look(): Promise<Insight>;
  /** As a crash. */
  kill(): Promise<void>;
  /** In order; what it runs goes on. */
  stop(): Promise<void>;
};

/** As few waits as a test can have: a host is looked at often. */
export const BRISK = { heartbeatMs: 500, pingDeadlineMs: 1000, missedMax: 3, inventoryMs: 1000 } as const;

export const startLiveEngine = async (options: ServerOptions): Promise<LiveEngine> => {
  const given: ServerOptions = { listen: { port: 0 }, pace: BRISK, ...options };
  const child = spawn(process.execPath, [join(import.meta.dirname, 'engineProcess.ts'), JSON.stringify(given)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const hear = async <A>(): Promise<A> => {
    const { value, done } = await lines.next();
    if (done === true) throw new Error(`the engine ended: ${child.exitCode ?? child.signalCode}`);
    return JSON.parse(value) as A;
  };
  const { url, tokenFile } = await hear<{ url: string; tokenFile: string }>();
  return {
    api: apiOf(url, (await readFile(tokenFile, 'utf8')).trim()),
    pid: child.pid ?? 0,
    look: () => {
      child.stdin.write('look\n');
      return hear<Insight>();
    },
    kill: () => ended(child, () => child.kill('SIGKILL')),
    stop: () => ended(child, () => child.stdin.end('stop\n')),
  };
};

const ended = async (child: ChildProcess, end: () => unknown): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  end();
  await exit;
};
