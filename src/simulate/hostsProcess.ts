import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { CliFailure } from '../adapters/cli/failure.ts';
import { LISTENS } from './hosts.ts';

const WHARF = join(import.meta.dirname, '../../bin/wharf');
/** Longest time that an ordered end may take, ms. */
const STOP_MAX_MS = 5_000;

export type HostsProcess = { readonly pid: number | undefined; close(): Promise<void> };

/**
 * Starts `wharf simulate hosts` as a process of its own, which ends with this one, however that ends.
 * @throws CliFailure with its last words where it does not listen
 */
export const startHostsProcess = async (
  address: string,
  { profile, hosts, seed }: { readonly profile: string; readonly hosts?: number; readonly seed: number },
): Promise<HostsProcess> => {
  const argv = ['simulate', 'hosts', '--listen', address, '--profile', profile, '--seed', `${seed}`, '--while-stdin'];
  if (hosts !== undefined) argv.push('--hosts', `${hosts}`);
  // In a session of its own: Ctrl-C is the engine's, which ends its hosts last.
  const child = spawn(WHARF, argv, { detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.on('error', () => {});
  await listening(child);
  return {
    pid: child.pid,
    close: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      const late = setTimeout(() => child.kill('SIGKILL'), STOP_MAX_MS);
      child.stdin?.end();
      await ended;
      clearTimeout(late);
    },
  };
};

const listening = (child: ChildProcess): Promise<void> =>
  new Promise((resolve, reject) => {
    let words = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      words = `${words}${text}`.slice(-4_000);
    });
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      if (text.includes(LISTENS)) resolve();
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new CliFailure(`the hosts' process ended with ${code}: ${words.trim()}`)));
  });
