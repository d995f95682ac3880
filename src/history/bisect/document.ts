import { type CelInput, type CelMap, celMap } from '@bufbuild/cel';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import type { Views } from '../../domain/ports/views.ts';
import { TABLES } from './tables.ts';
import type { RowType, TableType } from './types.ts';

/** Entries that are made when somebody asks for one: reading one field of one app must not cost a copy of the cluster. */
class Lazy implements ReadonlyMap<string, CelInput> {
  readonly #read: (key: string) => CelInput | undefined;
  readonly #all: () => readonly string[];
  constructor(read: (key: string) => CelInput | undefined, all: () => readonly string[]) {
    this.#read = read;
    this.#all = all;
  }
  get(key: string): CelInput | undefined {
    return typeof key === 'string' ? this.#read(key) : undefined;
  }
  has(key: string): boolean {
    return this.get(key) !== undefined;
  }
  get size(): number {
    return this.#all().length;
  }
  *keys(): MapIterator<string> {
    yield* this.#all();
  }
  *entries(): MapIterator<[string, CelInput]> {
    for (const key of this.#all()) {
      const value = this.get(key);
      if (value !== undefined) yield [key, value];
    }
  }
  *values(): MapIterator<CelInput> {
    for (const [, value] of this.entries()) yield value;
  }
  [Symbol.iterator](): MapIterator<[string, CelInput]> {
    return this.entries();
  }
  forEach(callback: (value: CelInput, key: string, map: ReadonlyMap<string, CelInput>) => void): void {
    for (const [key, value] of this.entries()) callback(value, key, this);
  }
}

const mapOf = (lazy: Lazy): CelMap => celMap(lazy as ReadonlyMap<string, CelInput>);

const rowOf = ({ fields }: RowType, row: unknown, views: Views): CelMap =>
  mapOf(
    new Lazy(
      (name) => (Object.hasOwn(fields, name) ? fields[name]?.read(row, views) : undefined),
      () => Object.keys(fields),
    ),
  );

const tableOf = ({ row, get, all }: TableType<unknown>, views: Views): CelMap => {
  let ids: string[] | undefined;
  return mapOf(
    new Lazy(
      (id) => {
        const found = get(views, id);
        return found === undefined ? undefined : rowOf(row, found, views);
      },
      // Gathered once: a macro in a macro asks again for each row of the outer one.
      () => {
        ids ??= Iterator.from(all(views) as Iterable<{ readonly id: string }>)
          .map(({ id }) => id)
          .toArray();
        return ids;
      },
    ),
  );
};

/** What an expression reads: those of the names that it uses. @param at when the last fact was recorded */
export const documentOf = (names: ReadonlySet<string>, views: Views, position: number, at: number): Record<string, CelInput> => {
  const document: Record<string, CelInput> = {};
  for (const name of names) {
    const described = TABLES[name];
    if (described !== undefined) document[name] = tableOf(described, views);
  }
  if (names.has('now')) document.now = timestampFromMs(at) as CelInput;
  if (names.has('position')) document.position = BigInt(position);
  return document;
};
