import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { askSocket } from './runtimeApi.ts';

/** A new worker serves within this time, or it does not at all; ms. */
export const START_MAX_MS = 15_000;
/** Between two looks at whether it does, ms. */
const LOOK_MS = 10;

export type Paths = {
  readonly config: string;
  readonly master: string;
  readonly stats: string;
  readonly log: string;
};

/** The process that keeps workers: it outlives this one, so that traffic flows while the engine is started anew. */
export type Master = {
  readonly binary: string;
  /** Whether one answers. */
  isThere(): Promise<boolean>;
  /** Starts one; who has started it learns of its end. */
  start(onExit: (how: string) => void): void;
  reload(): Promise<void>;
  /** Process ids of all workers, those included that have given way to another one. */
  workers(): Promise<readonly number[]>;
  /** Awaits the worker of a configuration, and answers its process id. @throws Error when it does not come */
  awaitWorker(generation: string): Promise<number>;
  end(): Promise<void>;
};

export const masterOf = (binary: string, paths: Paths): Master => {
  let exited: string | undefined;
  /** Of the one that was started here; one that was taken over says it itself. */
  let started: number | undefined;
  const processes = async (): Promise<string> => askSocket(paths.master, 'show proc');
  const pidsOf = (text: string, kind: string): readonly number[] =>
    [...text.matchAll(/^(\d+)\s+(\w+)/gm)].flatMap(([, pid, type]) => (type === kind ? [Number(pid)] : []));
  return {
    binary,
    isThere: () =>
      processes().then(
        (text) => pidsOf(text, 'master').length > 0,
        () => false,
      ),
    start: (onExit) => {
      exited = undefined;
      const log = openSync(paths.log, 'w', 0o600);
      const child = spawn(binary, ['-W', '-S', `${paths.master},mode,600`, '-f', paths.config], {
        detached: true,
        stdio: ['ignore', log, log],
      });
      closeSync(log);
      started = child.pid;
      const end = (how: string): void => {
        if (exited !== undefined) return;
        exited = how;
        onExit(how);
      };
      child.on('error', ({ message }) => end(message));
      child.on('exit', (code, signal) => end(signal ?? `code ${code}`));
      child.unref();
    },
    reload: async () => void (await askSocket(paths.master, 'reload')),
    workers: async () => pidsOf(await processes(), 'worker'),
    awaitWorker: async (generation) => {
      for (let left = START_MAX_MS; left > 0; left -= LOOK_MS) {
        if (exited !== undefined) throw new Error(`haproxy ended with ${exited}`);
        const info = await askSocket(paths.stats, 'show info desc').catch(() => '');
        const pid = info.includes(generation) ? Number(/^Pid: (\d+)/m.exec(info)?.[1]) : undefined;
        // The master reads its own configuration again, too, and does not answer before it has.
        if (pid !== undefined && pidsOf(await processes().catch(() => ''), 'worker').includes(pid)) return pid;
        await wait(LOOK_MS);
      }
      throw new Error(`no worker of the new configuration serves within ${START_MAX_MS} ms`);
    },
    end: async () => {
      const told = await processes().catch(() => '');
      const pids = new Set([...pidsOf(told, 'master'), ...(started === undefined ? [] : [started])]);
      for (const pid of pids) {
        if (exited !== undefined) return;
        try {
          process.kill(pid, 'SIGTERM');
        } catch {
          return;
        }
      }
      for (let left = START_MAX_MS; left > 0 && [...pids].some(isAlive); left -= LOOK_MS) await wait(LOOK_MS);
    },
  };
};

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};
