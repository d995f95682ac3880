import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** Of what a child says, bytes. */
const MAX_SAID = 1_000_000;

/** What a script of this folder says as JSON, in a process of its own. @throws Error where it ends otherwise */
export const inChild = async <Told>(script: string, ...args: readonly string[]): Promise<Told> => {
  const { stdout, stderr } = await run(process.execPath, [...process.execArgv, join(import.meta.dirname, script), ...args], {
    maxBuffer: MAX_SAID,
  });
  process.stderr.write(stderr);
  return JSON.parse(stdout) as Told;
};
