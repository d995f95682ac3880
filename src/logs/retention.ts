import { join, resolve } from 'node:path';
import { either as E } from 'fp-ts';
import { findArchive } from '../adapters/log/sqlite/archives.ts';
import { removeArchived } from '../adapters/log/sqlite/archiving.ts';
import { openLogFile } from '../adapters/log/sqlite/logFile.ts';
import { ENGINE, nounOf } from '../domain/kernel/ids.ts';
import type { Engine } from '../domain/ports/engine.ts';
import type { ArchivedRun, Policies, Retention } from '../domain/ports/keeping.ts';
import { recordedOf } from '../domain/recordedOf.ts';
import type { RetentionCommand } from '../domain/retention/retention.commands.ts';
import { type Archivable, RETENTION_LOG, type RetentionFact, type RetentionFactOf } from '../domain/retention/retention.facts.ts';
import { attemptsOf, type Chosen, hasEnded, isDispensable } from './archivable.ts';
import { readArchiveHeads, writeArchive } from './archiveFile.ts';

const DAY_MS = 86_400_000;
/** Facts in one archive at most, beside the last stream: it is made, and read again, in memory. */
const FACTS_PER_ARCHIVE = 100_000;

type Facts = { readonly policies: Policies; readonly archives: readonly RetentionFactOf<'StreamsArchived'>[] };

/** What was said about keeping, in the log's own words. */
export const retentionIn = async ({ log, decode }: Pick<Engine, 'log' | 'decode'>): Promise<Facts> => {
  const policies: Partial<Record<Archivable, number>> = {};
  const archives: RetentionFactOf<'StreamsArchived'>[] = [];
  for (const stored of await log.readStream(RETENTION_LOG)) {
    const fact = decode(stored).fact as RetentionFact;
    if (fact.type === 'RetentionPolicySet') policies[fact.noun] = fact.keepDays;
    else if (fact.type === 'RetentionPolicyCleared') delete policies[fact.noun];
    else if (fact.type === 'StreamsArchived') archives.push(fact);
  }
  return { policies, archives };
};

export type RetentionOptions = {
  readonly engine: Pick<Engine, 'log' | 'decode' | 'views' | 'precede' | 'ids' | 'clock'>;
  readonly logFile: string;
  /** Where archives are written. */
  readonly directory: string;
  readonly factsPerArchive?: number;
  /** Called between the steps, where a process may die. */
  readonly onStep?: (step: 'written' | 'recorded' | 'removing') => void;
};

/**
 * Archives what the policies let go: chosen, written, recorded, removed, in this order. Each step may be the last of its process: a file that
 * was not recorded is nothing, and one that was is what the next run goes on with.
 */
export const archiveEnded = async (options: RetentionOptions): Promise<ArchivedRun> => {
  const { engine, logFile, directory, onStep } = options;
  const resumed = await finishArchiving(options);
  const { policies } = await retentionIn(engine);
  const run = { archives: [] as string[], streams: 0, facts: 0, resumed };
  // What ends meanwhile is another run's.
  const upTo = engine.log.head();
  for (;;) {
    const log = openLogFile(logFile);
    try {
      const chosen = choose(options, policies, upTo, log);
      if (chosen.length === 0) return run;
      const written = await writeArchive(
        log,
        directory,
        chosen.map(({ chained }) => chained),
        upTo,
      );
      onStep?.('written');
      const nouns: Partial<Record<Archivable, number>> = {};
      for (const { stream } of written.heads) nouns[nounOf(stream) as Archivable] = (nouns[nounOf(stream) as Archivable] ?? 0) + 1;
      const { file, sha256, facts, heads } = written;
      const attempts = attemptsOf(chosen.map(({ recorded }) => recorded));
      const command: RetentionCommand = { type: 'RecordArchive', file, sha256, streams: heads.length, facts, upTo, nouns, attempts };
      const answer = await engine.precede(RETENTION_LOG as never, command as never, { id: engine.ids.next(), by: ENGINE, body: {} });
      if (E.isLeft(answer)) throw new Error(answer.left.message);
      onStep?.('recorded');
      await remove(options, { file, sha256, facts, streams: heads.length }, heads);
      run.archives.push(file);
      run.streams += heads.length;
      run.facts += facts;
    } finally {
      log.close();
    }
  }
};

const remove = async (
  { logFile, directory, onStep }: RetentionOptions,
  archive: { readonly file: string; readonly sha256: string; readonly facts: number; readonly streams: number },
  heads: Parameters<typeof removeArchived>[2],
): Promise<number> => {
  const steps = removeArchived(logFile, { ...archive, directory: resolve(directory) }, heads);
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
    onStep?.('removing');
    // Whoever else waits in this thread.
    await new Promise<void>((go) => setImmediate(go));
  }
};

/** Goes on with archives that were recorded and whose streams have not all left the log. @returns how many streams left now */
const finishArchiving = async (options: RetentionOptions): Promise<number> => {
  const { engine, logFile, directory } = options;
  const { archives } = await retentionIn(engine);
  const log = openLogFile(logFile);
  const known = new Map(log.archives().map((archive) => [archive.file, archive]));
  log.close();
  let left = 0;
  for (const { file, sha256, facts, streams } of archives) {
    const archive = known.get(file);
    if (archive !== undefined && archive.removed >= streams) continue;
    const path = archive === undefined ? join(directory, file) : findArchive(archive, logFile);
    // Out of reach, or another file: all that has not left stays, and nothing is lost.
    const heads = path === undefined ? undefined : readArchiveHeads(path, sha256);
    if (heads !== undefined) left += await remove(options, { file, sha256, facts, streams }, heads);
  }
  return left;
};

/** Ended streams that their noun's policy lets go and no decision needs, oldest first. */
const choose = (
  { engine, factsPerArchive = FACTS_PER_ARCHIVE }: RetentionOptions,
  policies: Policies,
  upTo: number,
  log: ReturnType<typeof openLogFile>,
): readonly Chosen[] => {
  const now = engine.clock.now();
  const chosen: Chosen[] = [];
  let facts = 0;
  const rows = [...engine.views.roster.all()]
    .filter((row) => row.position <= upTo && policies[nounOf(row.stream) as Archivable] !== undefined && hasEnded(row))
    .sort((a, b) => a.position - b.position);
  for (const row of rows) {
    if (facts >= factsPerArchive) break;
    if (log.isArchived(row.stream)) continue;
    const chained = [...log.stream(row.stream)];
    const last = chained.at(-1);
    // What led to the first fact of the log is what tells this log from others.
    if (last === undefined || chained[0]?.position === 1 || last.revision !== row.revision) continue;
    const keepMs = (policies[nounOf(row.stream) as Archivable] ?? 0) * DAY_MS;
    if (last.meta.at > now - keepMs) continue;
    const recorded = chained.map((fact) => recordedOf(fact, SEALED));
    if (!isDispensable(recorded, engine.views)) continue;
    chosen.push({ chained, recorded });
    facts += chained.length;
  }
  return chosen;
};

/** What is archived stays sealed. */
const SEALED = {
  open: () => undefined,
  seal: () => {
    throw new Error('nothing is sealed by who only reads');
  },
};

/** Between two looks at what the policies let go, ms. */
const LOOK_MS = 3_600_000;
/** An engine has other things to do when it starts, ms. */
const FIRST_LOOK_MS = 60_000;

/** Looks at the policies once an hour, and when somebody asks. One run at a time. */
export const startRetention = ({
  engine,
  logFile,
  directory,
  onTrouble,
}: Omit<RetentionOptions, 'directory' | 'onStep'> & {
  readonly directory?: string;
  onTrouble(why: string): void;
}): Retention & { close(): Promise<void> } => {
  let running: Promise<unknown> = Promise.resolve();
  let isClosed = false;
  let cancel = (): void => {};
  const state = async () => ({ ...(await retentionIn(engine)), ...(directory !== undefined && { directory }) });
  if (directory === undefined) return { state, close: async () => {} };
  const run = (): Promise<ArchivedRun> => {
    const next = running.then(() => {
      if (isClosed) throw new Error('the engine stops');
      return archiveEnded({ engine, logFile, directory });
    });
    running = next.catch(() => undefined);
    return next;
  };
  const look = async (): Promise<void> => {
    await run().catch((error: Error) => onTrouble(`nothing is archived: ${error.message}`));
    if (!isClosed) cancel = engine.clock.schedule(LOOK_MS, () => void look());
  };
  cancel = engine.clock.schedule(FIRST_LOOK_MS, () => void look());
  return {
    state,
    run,
    close: async () => {
      isClosed = true;
      cancel();
      await running;
    },
  };
};
