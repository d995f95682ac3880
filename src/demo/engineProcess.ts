import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Client, createClient } from '../adapters/cli/client.ts';

const WHARF = join(import.meta.dirname, '../../bin/wharf');
/** Longest time a start or an ordered stop may take, ms. */
const READY_MAX_MS = 20_000;
const STOP_MAX_MS = 15_000;
const LOOK_AGAIN_MS = 50;
const LAST_LINES = 20;

export type EngineProcess = {
  readonly pid: number;
  /** Such as `http://127.0.0.1:41234`. */
  readonly url: string;
  readonly client: Client;
  /** SIGKILL: no last word, no cleaning up. */
  crash(): Promise<void>;
  /** SIGTERM; answers its exit code. */
  stop(): Promise<number | null>;
  /** What it printed last. */
  lastWords(): string;
};

/**
 * Starts `wharf serve` as a process of its own, and waits until it answers.
 * @param onDeath called when it ends though nobody asked it to.
 * @throws Error with its last words when it does not answer.
 */
export const startEngineProcess = async (dataDir: string, onDeath: (how: string) => void): Promise<EngineProcess> => {
  // In a session of its own: Ctrl-C is the demo's to handle, in order.
  const child = spawn(WHARF, ['serve', '--data-dir', dataDir, '--listen', '127.0.0.1:0', '--no-local-node', '--no-docker'], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const words: string[] = [];
  for (const output of [child.stdout, child.stderr]) output.setEncoding('utf8').on('data', (text: string) => words.push(text));
  const socketPath = join(dataDir, 'wharf.sock');
  const client = createClient({ kind: 'unix', socketPath, where: socketPath });
  const ended = once(child, 'exit');
  const url = await ready(child, words);
  let isAsked = false;
  child.once('exit', (code, signal) => {
    if (!isAsked) onDeath(`the engine ended by itself with ${signal ?? code}`);
  });
  const kill = async (signal: NodeJS.Signals): Promise<void> => {
    isAsked = true;
    if (!hasEnded(child)) child.kill(signal);
    await ended;
  };
  return {
    pid: child.pid ?? 0,
    url,
    client,
    lastWords: () => words.join('').split('\n').slice(-LAST_LINES).join('\n').trim(),
    crash: () => kill('SIGKILL'),
    stop: async () => {
      const late = setTimeout(() => child.kill('SIGKILL'), STOP_MAX_MS);
      await kill('SIGTERM').finally(() => clearTimeout(late));
      return child.exitCode;
    },
  };
};

const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null;

/** It says where it listens once it does. */
const ready = async (child: ChildProcess, words: readonly string[]): Promise<string> => {
  for (let waited = 0; waited < READY_MAX_MS && !hasEnded(child); waited += LOOK_AGAIN_MS) {
    const url = /serves on (\S+)\n(?:.*\n)*?.*token in/.exec(words.join(''))?.[1];
    if (url !== undefined) return url;
    await pause(LOOK_AGAIN_MS);
  }
  child.kill('SIGKILL');
  throw new Error(`the engine did not start:\n${words.join('')}`);
};
