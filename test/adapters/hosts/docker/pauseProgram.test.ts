import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PAUSE_ARCHITECTURES, pauseProgram } from '../../../../src/adapters/hosts/docker/pauseProgram.ts';
import { testWith } from '../../../support/machine.ts';
import { temporaryFolder } from '../../../support/temporaryFolder.ts';

const HERE = { x64: 'amd64', arm64: 'arm64' }[process.arch as string];
const missing =
  process.platform === 'linux' && HERE !== undefined ? undefined : `${process.platform} on ${process.arch} runs none of these programs`;

testWith(missing, 'the pause program starts, sleeps, and ends by a signal', async () => {
  const path = join(temporaryFolder(), 'pause');
  writeFileSync(path, pauseProgram(HERE ?? '') ?? '', { mode: 0o755 });
  const child = spawn(path, { stdio: 'ignore' });
  const ended = once(child, 'exit');
  await once(child, 'spawn');
  // It sleeps in the kernel: a program that only went round would be running.
  const state = () => /\) (\w) /.exec(readFileSync(`/proc/${child.pid}/stat`, 'utf8'))?.[1];
  while (state() === 'R') await new Promise((resolve) => setImmediate(resolve));
  expect(state()).toBe('S');
  child.kill('SIGTERM');
  expect(await ended).toEqual([null, 'SIGTERM']);
});

test.each(PAUSE_ARCHITECTURES)('the pause program for %s is a static executable whose one segment is the whole file', (architecture) => {
  const program = pauseProgram(architecture) ?? Buffer.alloc(0);
  expect(program.subarray(0, 4).toString('latin1')).toBe('\x7fELF');
  expect(program.readUInt16LE(18)).toBe(architecture === 'amd64' ? 62 : 183);
  const headers = Number(program.readBigUInt64LE(32));
  // PT_LOAD, readable and executable, never writable.
  expect([program.readUInt16LE(56), program.readUInt32LE(headers), program.readUInt32LE(headers + 4)]).toEqual([1, 1, 5]);
  const loadedAt = program.readBigUInt64LE(headers + 16);
  expect(program.readBigUInt64LE(headers + 32)).toBe(BigInt(program.length));
  // It begins right behind the headers.
  expect(Number(program.readBigUInt64LE(24) - loadedAt)).toBe(64 + 56);
});

test('for another architecture there is no pause program', () => {
  expect(pauseProgram('s390x')).toBeUndefined();
  expect(pauseProgram('toString')).toBeUndefined();
});
