import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Spread } from '../harness/spread.ts';
import { isSpread } from '../harness/table.ts';

/** The line of JSON that a bench printed. */
export type Result = Readonly<Record<string, unknown>> & {
  readonly name: string;
  readonly machine: string;
  readonly commit?: string;
  /** Of the minute before the first run: what else the machine had to do. */
  readonly loadAverage?: number;
  readonly runs: number;
};

/** By name of the file, which is that of the bench or of a variant, in the order of the names. @throws Error where a file is no result */
export const readResults = (directory: string): ReadonlyMap<string, Result> =>
  new Map(
    readdirSync(directory)
      .filter((file) => file.endsWith('.json'))
      .toSorted()
      .map((file) => {
        const result = JSON.parse(readFileSync(join(directory, file), 'utf8')) as Result;
        if (typeof result.name !== 'string' || typeof result.machine !== 'string' || typeof result.runs !== 'number')
          throw new Error(`${file}: name, machine and runs are needed`);
        return [file.slice(0, -'.json'.length), result];
      }),
  );

const at = (result: Result, path: string): unknown =>
  path.split('.').reduce<unknown>((value, key) => (value as Readonly<Record<string, unknown>> | undefined)?.[key], result);

/** @throws Error where the bench does not report it */
export const spreadIn = (result: Result, path: string): Spread => {
  const value = at(result, path);
  if (typeof value !== 'object' || value === null || !isSpread(value)) throw new Error(`${result.name} reports no ${path}`);
  return value;
};

export const medianIn = (result: Result, path: string): number => spreadIn(result, path).median;

/** @throws Error where the bench does not report it */
export const listIn = (result: Result, path: string): readonly number[] => {
  const value = at(result, path);
  if (!Array.isArray(value)) throw new Error(`${result.name} reports no ${path}`);
  return value;
};

/** An option that it ran with. */
export const optionIn = (result: Result, name: string): number => Number(result[name]);
