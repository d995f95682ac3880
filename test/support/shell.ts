import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const plain = promisify(execFile);

/** Debian keeps ip, iptables and dockerd where a plain user's PATH does not look. */
export const ENV = { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/local/sbin:/usr/sbin:/sbin` };

/** Runs a program and answers what it wrote to stdout. */
export const run = async (program: string, ...args: readonly string[]): Promise<string> =>
  (await plain(program, [...args], { env: ENV, maxBuffer: 16 * 1024 * 1024 })).stdout;

/** As `run`; a failure is of no interest (clean-up of what may be gone). */
export const tryRun = (program: string, ...args: readonly string[]): Promise<string> => run(program, ...args).catch(() => '');
