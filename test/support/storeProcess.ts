import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ROOT } from './sources.ts';

/** `wharf log serve` as a process of its own: a store that speaks EventStoreDB's protocol, to be killed and started again. */
export type StoreProcess = {
  /** `esdb://…`, the same after each start. */
  readonly connection: string;
  readonly port: number;
  readonly pid: number;
  /** Of the last process, once it has ended by itself. */
  readonly exitCode: number | null;
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** On the same file and port. */
  restart(): Promise<void>;
};

export type StoreOptions = {
  /** Whether it refuses facts of a lower term than it has seen, as our own does and EventStoreDB, which knows no terms, does not. */
  readonly isFenced?: boolean;
};

/** @param flags of its listening, besides the port */
export const startStore = async (
  file: string,
  flags: readonly string[] = ['--esdb-insecure'],
  { isFenced = true }: StoreOptions = {},
): Promise<StoreProcess> => {
  let child: ChildProcess;
  const start = async (port: number): Promise<number> => {
    const args = isFenced
      ? [join(ROOT, 'src/cli.ts'), 'log', 'serve', '--file', file, '--esdb-port', String(port), ...flags]
      : [join(import.meta.dirname, 'unfencedStoreProcess.ts'), file, String(port)];
    const started = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    child = started;
    let said = '';
    started.stderr.on('data', (chunk) => {
      said += String(chunk);
    });
    const served = new Promise<number>((resolve) => {
      createInterface({ input: started.stdout }).on('line', (line) => {
        const [, found] = /is served on .*:(\d+)$/.exec(line) ?? [];
        if (found !== undefined) resolve(Number(found));
      });
    });
    const ended = once(started, 'exit').then(([code]) => {
      throw new Error(`the store did not start (${code}): ${said}`);
    });
    return Promise.race([served, ended]);
  };
  const port = await start(0);
  return {
    connection: `esdb://127.0.0.1:${port}?tls=false`,
    port,
    get pid() {
      return child.pid ?? 0;
    },
    get exitCode() {
      return child.exitCode;
    },
    kill: async (signal = 'SIGKILL') => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill(signal);
      await gone;
    },
    restart: async () => void (await start(port)),
  };
};
