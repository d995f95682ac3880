import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect } from 'vitest';
import { noStrace, testWith } from '../../support/machine.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

/** What is acknowledged is on disk: read from the system calls, because nothing short of a power cut would show it otherwise. */

const APPENDS = 20;
const APPENDER = join(import.meta.dirname, 'appender.ts');

type Call = { readonly name: string; readonly path: string; readonly text: string };
/** A call in the order of the trace: `begun` and `ended` are line numbers. */
type Traced = Call & { readonly begun: number; readonly ended: number };

/** Parses `strace -f -y`, joining calls that another thread's call interrupted. */
const callsOf = (trace: string): Traced[] => {
  const unfinished = new Map<string, Call & { begun: number }>();
  const calls: Traced[] = [];
  for (const [line, text] of trace.split('\n').entries()) {
    const begun = /^(\d+) +(\w+)\(\d+<([^>]*)>(.*)$/.exec(text);
    const resumed = /^(\d+) +<\.\.\. (\w+) resumed>/.exec(text);
    if (begun !== null) {
      const [, thread = '', name = '', path = '', rest = ''] = begun;
      if (rest.endsWith('<unfinished ...>')) unfinished.set(thread, { name, path, text: rest, begun: line });
      else calls.push({ name, path, text: rest, begun: line, ended: line });
    } else if (resumed !== null) {
      const call = unfinished.get(resumed[1] ?? '');
      if (call !== undefined) calls.push({ ...call, ended: line });
      unfinished.delete(resumed[1] ?? '');
    }
  }
  return calls;
};

/** Acknowledgements that were printed although the commit before them hadn't been synced, or wasn't even written. */
const acknowledgedTooEarly = (calls: readonly Traced[]): { readonly acknowledged: number; readonly tooEarly: string[] } => {
  const tooEarly: string[] = [];
  let acknowledged = 0;
  let since = -1;
  for (const ack of calls.filter(({ name, text }) => name === 'write' && text.includes('instance-writer-'))) {
    acknowledged++;
    const before = calls.filter(({ path, begun, ended }) => path.endsWith('-wal') && begun > since && ended < ack.begun);
    const lastWrite = Math.max(-1, ...before.filter(({ name }) => name.startsWith('pwrite')).map(({ ended }) => ended));
    const synced = before.some(({ name, begun }) => (name === 'fsync' || name === 'fdatasync') && begun > lastWrite);
    if (lastWrite === -1 || !synced) tooEarly.push(ack.text);
    since = ack.begun;
  }
  return { acknowledged, tooEarly };
};

const traced = (synchronous: 'FULL' | 'OFF') => {
  const folder = temporaryFolder();
  const trace = join(folder, 'trace.txt');
  const calls = 'trace=write,pwrite64,pwritev,fsync,fdatasync';
  const child = spawnSync(
    'strace',
    [
      '-f',
      '-y',
      '-s',
      '80',
      '-e',
      calls,
      '-o',
      trace,
      process.execPath,
      APPENDER,
      join(folder, 'log.db'),
      synchronous,
      '1',
      String(APPENDS),
    ],
    { encoding: 'utf8' },
  );
  expect(child.stderr).toBe('');
  expect(child.stdout.trim().split('\n')).toHaveLength(APPENDS);
  return acknowledgedTooEarly(callsOf(readFileSync(trace, 'utf8')));
};

describe('durability', () => {
  testWith(
    noStrace(),
    'each commit is written to the WAL and synced before its acknowledgement is given',
    async () => {
      expect(traced('FULL')).toEqual({ acknowledged: APPENDS, tooEarly: [] });
    },
    60_000,
  );

  testWith(
    noStrace(),
    'the same check catches a log that does not sync',
    async () => {
      const { acknowledged, tooEarly } = traced('OFF');
      expect(acknowledged).toBe(APPENDS);
      expect(tooEarly).toHaveLength(APPENDS);
    },
    60_000,
  );
});
