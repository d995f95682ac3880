import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StoredFact } from '../../src/domain/kernel/ports.ts';
import { nouns } from '../../src/domain/nouns.ts';

/** Whole logs of before, one fact per line. */
export const HISTORIES = join(import.meta.dirname, '../goldens/histories');

/** Names of the stored histories. */
export const historyNames = (): readonly string[] =>
  readdirSync(HISTORIES)
    .filter((file) => file.endsWith('.jsonl'))
    .map((file) => file.replace(/\.jsonl$/, ''));

/** One stored fact as a line; nothing of it depends on who writes it. */
export const lineOf = ({ position, stream, revision, id, type, data, meta }: StoredFact): string =>
  JSON.stringify({ position, stream, revision, id, type, data, meta });

/** The facts of a stored history, as a log would give them. */
export const storedHistory = (name: string): readonly StoredFact[] =>
  readFileSync(join(HISTORIES, `${name}.jsonl`), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as StoredFact);

/** Types of facts that are written today and occur nowhere among these. */
export const neverTold = (facts: readonly StoredFact[]): readonly string[] => {
  const told = new Set(facts.map(({ type }) => type));
  return Object.values(nouns).flatMap(({ codec }) => Object.keys(codec.forms).filter((type) => !told.has(codec.wireName(type))));
};
