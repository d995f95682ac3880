import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ended, succeeded } from '../../../contracts/hostRuntime.contract.ts';
import { type OpenedProcessHost, openTemporaryHost, processSpec } from './harness.ts';

const BYTES_PER_FILE = 20_000;
const STAMP_AND_LINE_MAX_BYTES = 40;

let opened: OpenedProcessHost;
beforeEach(async () => {
  opened = await openTemporaryHost({ rotation: { bytesPerFile: BYTES_PER_FILE, files: 4 } });
});
afterEach(() => opened.cleanup());

const count = (lines: number) => ({ shell: `i=0; while [ $i -lt ${lines} ]; do i=$((i+1)); echo "line $i"; done` });
const numbered = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => `line ${from + index}`);

test('no line is lost between files', async () => {
  const spec = processSpec({ command: count(3000) });
  succeeded(await opened.host.run(spec)());
  await ended(opened.host, spec.instance);
  const lines: string[] = [];
  for await (const { text } of opened.host.logs(spec.instance, { follow: false })) lines.push(text);
  expect((await readdir(join(opened.root, spec.instance, 'output'))).filter((name) => name.startsWith('stdout.'))).toEqual([
    'stdout.1',
    'stdout.2',
    'stdout.3',
  ]);
  expect(lines).toEqual(numbered(1, 3000));
});

test('files and their sizes are bounded; what is kept is the newest, without a gap', async () => {
  const spec = processSpec({ command: count(20_000) });
  succeeded(await opened.host.run(spec)());
  await ended(opened.host, spec.instance);
  const output = join(opened.root, spec.instance, 'output');
  const files = (await readdir(output)).filter((name) => name.startsWith('stdout'));
  expect(files.length).toBeLessThanOrEqual(4);
  for (const file of files) expect((await stat(join(output, file))).size).toBeLessThan(BYTES_PER_FILE + STAMP_AND_LINE_MAX_BYTES);
  const lines: string[] = [];
  for await (const { text } of opened.host.logs(spec.instance, { follow: false })) lines.push(text);
  const first = Number(lines[0]?.slice('line '.length));
  expect(first).toBeGreaterThan(1);
  expect(lines).toEqual(numbered(first, 20_000));
});

test('a follower reads on across files, every line once', async () => {
  const script = 'i=0; while [ $i -lt 4000 ]; do i=$((i+1)); echo "line $i"; [ $((i % 500)) -ne 0 ] || sleep 0.1; done';
  const spec = processSpec({ command: { shell: script } });
  succeeded(await opened.host.run(spec)());
  const lines: string[] = [];
  for await (const { text } of opened.host.logs(spec.instance, { follow: true })) lines.push(text);
  expect(lines).toEqual(numbered(1, 4000));
});
