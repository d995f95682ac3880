import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';

export type StoreProcess = {
  readonly port: number;
  readonly pid: number;
  /** As a crash. */
  kill(): Promise<void>;
  /** @returns the exit code */
  stop(): Promise<number | null>;
};

/** `wharf log serve` over a log, in a process of its own; it ends with the test. @param port 0: any free one */
export const startLogServe = async (file: string, port = 0, flags: readonly string[] = ['--esdb-insecure']): Promise<StoreProcess> => {
  const cli = join(import.meta.dirname, '../../src/cli.ts');
  const child = spawn(process.execPath, [cli, 'log', 'serve', '--file', file, '--esdb-port', String(port), ...flags], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  const exit = once(child, 'exit');
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    await exit;
    return child.exitCode;
  };
  onTestFinished(async () => void (await end('SIGKILL')));
  for await (const line of createInterface({ input: child.stdout })) {
    const [, found] = / is served on .*:(\d+)$/.exec(line) ?? [];
    if (found === undefined) continue;
    child.stdout.resume();
    return { port: Number(found), pid: child.pid ?? 0, kill: async () => void (await end('SIGKILL')), stop: () => end('SIGTERM') };
  }
  throw new Error(`the store did not start: ${said}`);
};
