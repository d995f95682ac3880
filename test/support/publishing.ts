import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { SqliteLog } from '../../src/adapters/log/sqlite/sqliteLog.ts';
import type { StoredFact, WireFact } from '../../src/domain/kernel/ports.ts';
import type { Published } from '../../src/domain/ports/publishing.ts';
import type { KafkaThreadData } from '../../src/kafkaThread.ts';
import { kcatReads } from './kafkaBroker.ts';
import { wireFact } from './wireFacts.ts';

/** A publisher in a process of its own, and what it did. */
export type PublisherProcess = {
  /** Its log and how far it published are as they are at that moment. */
  kill(): Promise<void>;
  /** In good order. */
  stop(): Promise<void>;
};

export const startPublisherProcess = (data: KafkaThreadData): PublisherProcess => {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'publisherProcess.ts'), JSON.stringify(data)], {
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  const end = async (how: (child: ChildProcess) => void): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    how(child);
    await ended;
  };
  return { kill: () => end(() => child.kill('SIGKILL')), stop: () => end(() => child.stdin?.end()) };
};

/** Resolves once what was published has come to a position, as its file says. */
export const publishedUpTo = async (file: string, position: number, withinMs = 120_000): Promise<void> => {
  const until = performance.now() + withinMs;
  for (let seen = -1; ; await pause(5)) {
    const text = await readFile(file, 'utf8').catch(() => '');
    if (text !== '') seen = (JSON.parse(text) as Published).position;
    if (seen >= position) return;
    if (performance.now() > until) throw new Error(`published up to ${seen}, not ${position}, after ${withinMs} ms`);
  }
};

/** Appends facts to many streams at once, a few to each, as instances' lives are; `from` is the first one's number. */
export const appendLives = async (log: SqliteLog, streams: number, perStream: number, from: number): Promise<void> => {
  await Promise.all(
    Array.from({ length: streams }, async (_, nth) => {
      const first = from + nth * perStream;
      const facts: readonly WireFact[] = Array.from({ length: perStream }, (_, index) => wireFact(first + index));
      const appended = await log.append(`instance-${from}.${nth}`, -1, facts);
      if (appended._tag === 'Left') throw new Error(JSON.stringify(appended.left));
    }),
  );
};

/** What a consumer may rely on, of facts and what a topic holds of them. */
export type Delivery = {
  readonly facts: number;
  /** Ids of facts that never came. */
  readonly missing: readonly string[];
  /** Ids that came and belong to no fact. */
  readonly strange: readonly string[];
  /** Streams in which a fact came first before one that is older. */
  readonly disordered: readonly string[];
  /** Ids that came with different contents. */
  readonly changed: readonly string[];
  /** Messages beyond one per fact. */
  readonly again: number;
};

/** Reads a topic by kcat and compares it with the facts that should be there. */
export const deliveryOf = async (addresses: readonly string[], topic: string, facts: readonly StoredFact[]): Promise<Delivery> => {
  const expected = new Map(facts.map((fact) => [fact.id, fact]));
  const seen = new Map<string, string>();
  const next = new Map<string, number>();
  const [strange, disordered, changed]: [Set<string>, Set<string>, Set<string>] = [new Set(), new Set(), new Set()];
  let again = 0;
  await kcatReads(addresses, topic, '%k\t%s', (line) => {
    const at = line.indexOf('\t');
    const [key, value] = [line.slice(0, at), line.slice(at + 1)];
    const { id, subject, revision } = JSON.parse(value) as { readonly id: string; readonly subject: string; readonly revision: number };
    const fact = expected.get(id);
    if (fact === undefined || fact.stream !== key || subject !== key || fact.revision !== revision) strange.add(id);
    const before = seen.get(id);
    if (before !== undefined) {
      again += 1;
      if (before !== value) changed.add(id);
      return;
    }
    seen.set(id, value);
    if (revision !== (next.get(key) ?? 0)) disordered.add(key);
    next.set(key, revision + 1);
  });
  const missing = facts.filter(({ id }) => !seen.has(id)).map(({ id }) => id);
  return { facts: facts.length, missing, strange: [...strange], disordered: [...disordered], changed: [...changed], again };
};
