import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import type { KurrentQuestion } from './kurrentClient.ts';

export type KurrentEvent = {
  readonly stream: string;
  readonly revision: number;
  readonly type: string;
  readonly data: unknown;
  readonly metadata: unknown;
};

export type Kurrent = {
  /** @throws Error named by the client's own kind of error */
  ask<A = readonly KurrentEvent[]>(question: KurrentQuestion, onCaughtUp?: () => void): Promise<A>;
};

/** The newer client, until the test is over. */
export const startKurrent = (connection: string): Kurrent => {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'kurrentClient.ts'), connection], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  onTestFinished(async () => {
    child.stdin.end();
    const kill = setTimeout(() => child.kill('SIGKILL'), 3_000);
    if (child.exitCode === null) await once(child, 'exit');
    clearTimeout(kill);
  });
  return {
    ask: async <A>(question: KurrentQuestion, onCaughtUp?: () => void): Promise<A> => {
      child.stdin.write(`${JSON.stringify(question)}\n`);
      for (;;) {
        const { value: line, done } = await lines.next();
        if (done === true) throw new Error(`the client ended: ${child.exitCode ?? child.signalCode}`);
        if (line === 'caught up') {
          onCaughtUp?.();
          continue;
        }
        const { value, error, message } = JSON.parse(line) as { readonly value: A; readonly error?: string; readonly message?: string };
        if (error !== undefined) throw Object.assign(new Error(message), { name: error });
        return value;
      }
    },
  };
};
