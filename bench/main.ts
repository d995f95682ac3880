/** `npm run bench -- <name> [options]`: runs one bench in a process of its own with its options, or lists them all. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

const SUFFIX = '.bench.ts';
/** As bin/wharf starts the engine. */
const NODE_OPTIONS = ['--max-semi-space-size=32', '--disable-warning=ExperimentalWarning'];
const names = (await readdir(import.meta.dirname)).filter((file) => file.endsWith(SUFFIX)).map((file) => file.slice(0, -SUFFIX.length));
const [name, ...options] = process.argv.slice(2);

if (name === undefined || !names.includes(name)) {
  const known = names.toSorted().join(', ');
  console.error(name === undefined ? `npm run bench -- <name> [--json] …: ${known}` : `There is no bench '${name}', only ${known}.`);
  process.exitCode = name === undefined ? 0 : 2;
} else {
  const bench = spawn(process.execPath, [...NODE_OPTIONS, join(import.meta.dirname, `${name}${SUFFIX}`), ...options], { stdio: 'inherit' });
  const [code, signal] = await once(bench, 'exit');
  process.exitCode = signal === null ? code : 1;
}
