import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { endNativeProcesses } from '../support/nativeProcesses.ts';
import { ROOT } from '../support/sources.ts';
import { temporaryFolder } from '../support/temporaryFolder.ts';

/* The section is what a newcomer types; here it is typed, block by block and as it stands. */

const section = (title: string): string => {
  const text = readFileSync(join(ROOT, 'README.md'), 'utf8');
  const from = text.indexOf(`## ${title}\n`);
  return text.slice(from, text.indexOf('\n## ', from + 1));
};

const blocks = [...section('Write a strategy').matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block]) => block ?? '');

/** Any free port instead of the usual one, and this machine without its Docker: the rest is the reader's. */
const preamble = (place: string): string => `
set -eu
export HOME='${place}'
unset WHARF_URL WHARF_TOKEN WHARF_DATA_DIR
wharf() {
  if [ "$1" = serve ]; then exec '${join(ROOT, 'bin/wharf')}' "$@" --listen 127.0.0.1:0 --no-docker --no-dns --balancer none; fi
  '${join(ROOT, 'bin/wharf')}' "$@"
}
`;

const serving = async (place: string, block: string): Promise<ChildProcess> => {
  const server = spawn('bash', ['-c', preamble(place) + block], { cwd: place, stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(async () => {
    server.kill('SIGTERM');
    if (server.exitCode === null) await once(server, 'exit');
    await endNativeProcesses(join(place, '.wharf'));
  });
  for await (const line of createInterface({ input: server.stdout })) if (line.includes('serves on')) return server;
  throw new Error('the engine did not start');
};

test('the README’s way to a strategy of one’s own is walked as it is written', { timeout: 120_000 }, async () => {
  const place = temporaryFolder();
  expect(blocks.length).toBeGreaterThan(3);
  const said: string[] = [];
  for (const block of blocks) {
    if (block.startsWith('wharf serve')) {
      await serving(place, block);
      continue;
    }
    const { stdout } = await promisify(execFile)('bash', ['-c', preamble(place) + block], { cwd: place, timeout: 90_000 });
    said.push(stdout);
  }
  const all = said.join('\n');
  expect(all).toContain('wrote probation.svg');
  expect(all).toMatch(/It succeeded after \d+:\d\d/);
  expect(all).toMatch(/probation\.v1 +\S+probation\.ts/);
  expect(all).toMatch(/Deployment \S+ of \/web succeeded, leaving 3 of version/);
  expect(readFileSync(join(place, 'strategies/probation.ts'), 'utf8').trim().split('\n').length).toBeLessThanOrEqual(45);
});
