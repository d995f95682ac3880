import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { learnStrategies } from '../actors/strategyBook.ts';
import { readKeys } from '../adapters/keys/readKeys.ts';
import { openerOf } from '../adapters/keys/sealer.ts';
import { openFactReader } from '../adapters/log/sqlite/factReader.ts';
import type { Sealer } from '../domain/kernel/codec.ts';
import type { StoredFact } from '../domain/kernel/ports.ts';
import type { Recorded } from '../domain/kernel/recorded.ts';
import { recordedOf } from '../domain/recordedOf.ts';
import { readExport } from '../logs/exportFile.ts';
import { readStrategy } from '../strategyFiles.ts';

export type ReadOptions = {
  /** Keys of sealed fields; `keys.sqlite` beside the file unless told otherwise. What they don't open reads `[shredded]`. */
  readonly keys?: string;
};

const PAGE = 2_048;

/**
 * The facts of an export of a log (`wharf log export`), or of a log file, in order; strategies that they register are known from here on.
 * @throws Error in plain words: no such file, an export that is cut short or was changed, a fact that nobody can read
 */
export const readHistory = async function* (
  file: string,
  { keys = join(dirname(file), 'keys.sqlite') }: ReadOptions = {},
): AsyncGenerator<readonly Recorded[], void> {
  if (!existsSync(file)) throw new Error(`there is no file '${file}'`);
  const opener = readKeys(keys);
  const sealer: Sealer = {
    open: openerOf(opener),
    seal: () => {
      throw new Error('what is read is not written');
    },
  };
  try {
    for await (const page of isLog(file) ? logPages(file) : (await readExport(file)).facts) {
      const batch = page.map((stored) => recordedOf(stored, sealer));
      learnStrategies(batch, readStrategy);
      yield batch;
    }
  } finally {
    opener.close();
  }
};

const isLog = (file: string): boolean => /\.(sqlite|db)$/.test(file);

const logPages = function* (file: string): Generator<readonly StoredFact[], void> {
  const reader = openFactReader(file);
  try {
    for (let after = 0; ; ) {
      const page = reader.page(after, reader.head(), PAGE);
      const last = page.at(-1);
      if (last === undefined) return;
      yield page;
      after = last.position;
    }
  } finally {
    reader.close();
  }
};
