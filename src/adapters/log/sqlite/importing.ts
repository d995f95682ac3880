import { existsSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { ChainedFact } from '../../../domain/proof/chained.ts';
import { lockBeside } from './fileLock.ts';
import { prepareSchema } from './schema.ts';
import { writerOf } from './writer.ts';

/** Facts that go into a new log with the chains that they have. Nothing stands under its name before `finish`. */
export type LogImport = {
  /** @throws Error naming the fact that the log refuses */
  take(facts: readonly ChainedFact[]): void;
  /** All of it is on disk and stands under its name when this returns. */
  finish(): void;
  abandon(): void;
};

/** @throws Error where the log holds facts already: what is imported is a whole log, never a part of another's. */
export const importInto = (path: string): LogImport => {
  const target = join(realpathSync(dirname(path)), basename(path));
  if (existsSync(target)) requireEmpty(target, path);
  const lock = lockBeside(target);
  const half = `${target}.importing`;
  const remove = (): void => {
    for (const suffix of ['', '-wal', '-shm']) rmSync(half + suffix, { force: true });
  };
  // What an import left that was interrupted is worth nothing.
  remove();
  const db = new DatabaseSync(half, { enableForeignKeyConstraints: false });
  prepareSchema(db, half);
  // Nothing counts before the end, so nothing needs to be on disk before it.
  db.exec('PRAGMA synchronous = OFF; PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY');
  const writer = writerOf(db);
  return {
    take: (facts) => {
      const appends = facts.map((fact) => ({ stream: fact.stream, expected: fact.revision - 1, facts: [fact] }));
      const result = writer.commit(appends);
      if (result._tag === 'RolledBack') throw new Error(`the log '${path}' cannot be written: ${result.reason}`);
      for (const [i, outcome] of result.outcomes.entries()) {
        if (outcome._tag === 'Written') continue;
        const { stream, revision, position } = facts[i] as ChainedFact;
        const named = `${stream} revision ${revision} (position ${position})`;
        if (outcome._tag === 'Fenced') throw new Error(`${named} is of term ${outcome.term}, behind a fact of term ${outcome.by}`);
        throw new Error(`${named} does not follow the fact before it in its stream`);
      }
      writer.checkpointIfDue();
    },
    finish: () => {
      db.exec('PRAGMA synchronous = FULL; PRAGMA wal_checkpoint(TRUNCATE)');
      db.close();
      for (const suffix of ['', '-wal', '-shm']) rmSync(target + suffix, { force: true });
      renameSync(half, target);
      lock.release();
    },
    abandon: () => {
      if (db.isOpen) db.close();
      remove();
      lock.release();
    },
  };
};

const requireEmpty = (target: string, path: string): void => {
  const db = new DatabaseSync(target);
  try {
    prepareSchema(db, path);
    const { n } = db.prepare('SELECT count(*) AS n FROM (SELECT 1 FROM fact LIMIT 1)').get() ?? {};
    if (n !== 0) throw new Error(`the log '${path}' holds facts already; an import makes a new one`);
  } finally {
    db.close();
  }
};
