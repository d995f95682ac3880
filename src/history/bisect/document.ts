import { type CelInput, type CelMap, celMap } from '@bufbuild/cel';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import type { Instant } from '../../domain/kernel/units.ts';
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

type Keeping = <A>(read: () => A) => A;

const rowOf = ({ fields }: RowType, row: unknown, views: Views, keeping: Keeping): CelMap =>
  mapOf(
    new Lazy(
      (name) => (Object.hasOwn(fields, name) ? keeping(() => fields[name]?.read(row, views)) : undefined),
      () => Object.keys(fields),
    ),
  );

const tableOf = ({ row, get, all }: TableType<unknown>, views: Views, keeping: Keeping, meter: Meter): CelMap => {
  let ids: string[] | undefined;
  return mapOf(
    new Lazy(
      (id) => {
        const found = keeping(() => get(views, id));
        return found === undefined ? undefined : rowOf(row, found, views, keeping);
      },
      // Gathered once: a macro in a macro asks again for each row of the outer one.
      () => {
        if (ids !== undefined) return ids;
        ids = keeping(() =>
          Iterator.from(all(views) as Iterable<{ readonly id: string }>)
            .map(({ id }) => id)
            .toArray(),
        );
        meter.left -= ids.length;
        return ids;
      },
    ),
  );
};

/** What the search may evaluate still, in parts of the expression. */
export type Meter = { left: number };

/** Views that could not be read are no matter of the expression, which would take a throw for an answer: it is kept, to be thrown behind it. */
export type Reading = { failure?: unknown };

/** What an expression reads: those of the names that it uses. @param at when the last fact was recorded */
export const documentOf = (
  names: ReadonlySet<string>,
  { views, position, at }: { readonly views: Views; readonly position: number; readonly at: Instant },
  reading: Reading,
  meter: Meter,
): Record<string, CelInput> => {
  const keeping = <A>(read: () => A): A => {
    try {
      return read();
    } catch (error) {
      reading.failure = error;
      throw error;
    }
  };
  const document: Record<string, CelInput> = {};
  for (const name of names) {
    const described = TABLES[name];
    if (described !== undefined) document[name] = tableOf(described, views, keeping, meter);
  }
  if (names.has('now')) document.now = timestampFromMs(at) as CelInput;
  if (names.has('position')) document.position = BigInt(position);
  return document;
};
