import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { composeStrategy } from '../../domain/deployment/kit/compose.ts';
import type { AnyStrategy } from '../../domain/deployment/kit/strategy.ts';
import { SOURCE_MAX } from '../../domain/strategy/strategy.facts.ts';
import { bundle, type Problem, StrategyRefused } from './bundle.ts';
import { evaluate } from './evaluate.ts';

export type Kit = Readonly<Record<string, unknown>>;

/** A strategy as it was read from a file, with the text that it is from now on. */
export type LoadedStrategy = {
  readonly spec: AnyStrategy;
  readonly name: string;
  readonly version: number;
  readonly source: string;
  readonly sha256: string;
  readonly file: string;
};

/** One file of a folder that is no strategy, and why. */
export type RefusedFile = { readonly file: string; readonly problems: readonly Problem[] };

/** @throws StrategyRefused with file, line and rule of whatever is wrong with it */
export const loadStrategy = async (file: string, kit: Kit): Promise<LoadedStrategy> => {
  const source = await bundle(file);
  const refuse = (text: string): StrategyRefused => new StrategyRefused([{ where: basename(file), text }]);
  if (source.length > SOURCE_MAX) throw refuse(`its text is ${source.length} characters long, and may be ${SOURCE_MAX}`);
  try {
    const spec = evaluate(source, kit, file);
    composeStrategy(spec);
    const [, name = '', version = ''] = /^(.+)\.v(\d+)$/.exec(spec.id) ?? [];
    return { spec, name, version: Number(version), source, sha256: createHash('sha256').update(source).digest('hex'), file };
  } catch (error) {
    throw refuse(error instanceof Error ? error.message : String((error as { message?: unknown })?.message ?? error));
  }
};

export type LoadedFolder = { readonly loaded: readonly LoadedStrategy[]; readonly refused: readonly RefusedFile[] };

/** Every strategy of a folder, older versions first; tests (`*.test.ts`) and declarations are none. @throws Error where it can't be read */
export const loadFolder = async (folder: string, kit: Kit): Promise<LoadedFolder> => {
  const files = (await readdir(folder, { withFileTypes: true }))
    .filter((entry) => !entry.isDirectory() && /\.[jt]s$/.test(entry.name) && !/\.(test|d)\.[jt]s$/.test(entry.name))
    .map(({ name }) => join(folder, name))
    .sort();
  const loaded: LoadedStrategy[] = [];
  const refused: RefusedFile[] = [];
  for (const file of files) {
    try {
      loaded.push(await loadStrategy(file, kit));
    } catch (error) {
      if (!(error instanceof StrategyRefused)) throw error;
      refused.push({ file, problems: error.problems });
    }
  }
  return { loaded: loaded.sort((a, b) => (a.name === b.name ? a.version - b.version : a.name < b.name ? -1 : 1)), refused };
};
