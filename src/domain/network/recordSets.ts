import type { DnsRecord } from './mesosDns.ts';

/** Records by name, kept as their bringers come and go: each bringer costs what it brings, however many others there are. */
export type RecordSets = {
  /** What a bringer brings from now on, instead of what it brought before. */
  put(bringer: string, records: Iterable<DnsRecord>): void;
  remove(bringer: string): void;
  bringers(): Iterable<string>;
  /** Records of a name, lower case without its last dot; none where it has none. */
  of(name: string): readonly DnsRecord[];
  /** Something is at the name or below it: such a name exists, if only as a step on the way (RFC 4592, 2.2.2). */
  exists(name: string): boolean;
};

type Held = { readonly record: DnsRecord; count: number };

export const createRecordSets = (): RecordSets => {
  /** name → record as text → the record, and how many bring it. */
  const sets = new Map<string, Map<string, Held>>();
  const brought = new Map<string, readonly DnsRecord[]>();
  /** How many names with records are at each name or below it. */
  const below = new Map<string, number>();

  const count = (name: string, change: 1 | -1): void => {
    for (let at = 0; at >= 0; ) {
      const part = name.slice(at);
      const total = (below.get(part) ?? 0) + change;
      if (total === 0) below.delete(part);
      else below.set(part, total);
      const dot = name.indexOf('.', at);
      at = dot < 0 ? -1 : dot + 1;
    }
  };

  const add = (record: DnsRecord): void => {
    const name = keyOfName(record.name);
    let set = sets.get(name);
    if (set === undefined) {
      set = new Map();
      sets.set(name, set);
      count(name, 1);
    }
    const key = `${record.type} ${record.host}`;
    const held = set.get(key);
    if (held === undefined) set.set(key, { record, count: 1 });
    else held.count += 1;
  };

  const drop = (record: DnsRecord): void => {
    const name = keyOfName(record.name);
    const set = sets.get(name);
    const key = `${record.type} ${record.host}`;
    const held = set?.get(key);
    if (set === undefined || held === undefined) return;
    held.count -= 1;
    if (held.count > 0) return;
    set.delete(key);
    if (set.size > 0) return;
    sets.delete(name);
    count(name, -1);
  };

  const remove = (bringer: string): void => {
    for (const record of brought.get(bringer) ?? []) drop(record);
    brought.delete(bringer);
  };

  return {
    put: (bringer, records) => {
      remove(bringer);
      const all = [...records];
      for (const record of all) add(record);
      if (all.length > 0) brought.set(bringer, all);
    },
    remove,
    bringers: () => brought.keys(),
    of: (name) => [...(sets.get(name)?.values() ?? [])].map(({ record }) => record),
    exists: (name) => below.has(name),
  };
};

/** As names are looked up: lower case, without the last dot. */
export const keyOfName = (name: string): string => (name.endsWith('.') ? name.slice(0, -1) : name).toLowerCase();
