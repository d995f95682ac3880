import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { openSqliteLog } from '../../../src/adapters/log/sqlite/sqliteLog.ts';
import type { StoredFact } from '../../../src/domain/kernel/ports.ts';
import { isLongRun } from '../../support/machine.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';
import { uuidOf } from '../../support/wireFacts.ts';

const KILLS = isLongRun ? 50 : 10;
const WRITERS = 6;
const ACKS_BEFORE_KILL_MAX = 600;

/** Appends until a random number of acknowledgements was heard, and then ends it the hard way. @returns last revision by stream. */
const appendUntilKilled = async (path: string, acksBeforeKill: number): Promise<Map<string, number>> => {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'appender.ts'), path, 'FULL', String(WRITERS), '1000000'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'exit');
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const acknowledged = new Map<string, number>();
  let acks = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    const [stream, revision, ...rest] = line.split(' ');
    // The last line may have been cut in the middle: then it says less than was acknowledged.
    if (stream !== undefined && revision !== undefined && rest.length === 0 && /^instance-writer-\d+ \d+$/.test(line))
      acknowledged.set(stream, Math.max(acknowledged.get(stream) ?? -1, Number(revision)));
    if (++acks === acksBeforeKill) child.kill('SIGKILL');
  }
  expect([await ended, stderr]).toEqual([[null, 'SIGKILL'], '']);
  return acknowledged;
};

const readEverything = async (path: string) => {
  const log = await openSqliteLog({ path });
  const streams = new Map<string, StoredFact[]>();
  for (let writer = 0; writer < WRITERS; writer++)
    streams.set(`instance-writer-${writer}`, [...(await log.readStream(`instance-writer-${writer}`))]);
  const verified = await log.verifyAll();
  const head = log.head();
  await log.close();
  return { streams, verified, head };
};

test(`after each of ${KILLS} kills every acknowledged fact is there, in order, whole, and the chains verify`, async () => {
  const path = join(temporaryFolder(), 'log.db');
  for (let kill = 0; kill < KILLS; kill++) {
    const acknowledged = await appendUntilKilled(path, 1 + Math.floor(Math.random() * ACKS_BEFORE_KILL_MAX));
    const { streams, verified, head } = await readEverything(path);
    expect(verified).toEqual({ facts: head, streams: expect.any(Number), head, faults: [], faultCount: 0 });
    expect(acknowledged.size).toBeGreaterThan(0);
    for (const [stream, revision] of acknowledged) expect((streams.get(stream) ?? []).length).toBeGreaterThan(revision);
    for (const [writer, [, facts]] of [...streams].entries()) {
      expect(facts.map(({ revision }) => revision)).toEqual(facts.map((_, i) => i));
      expect(facts.map(({ id }) => id)).toEqual(facts.map((_, i) => uuidOf(writer * 1_000_000 + i)));
      for (let at = 0; at < facts.length; ) {
        const { first, of } = JSON.parse(facts[at]?.data ?? '{}');
        expect(first).toBe(at);
        at += of;
        expect(at).toBeLessThanOrEqual(facts.length);
      }
    }
  }
}, 600_000);
