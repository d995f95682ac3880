import type { Uuid } from '../domain/kernel/ids.ts';
import type { StoredFact } from '../domain/kernel/ports.ts';
import type { Recorded } from '../domain/kernel/recorded.ts';
import type { FactReader } from '../domain/ports/factReader.ts';
import type { PastIndex } from '../domain/ports/pastIndex.ts';
import { appBegunBy } from './indexing.ts';

/** What the index says of its facts, of those that it has not come to yet: read once, in memory. */
export type Tail = Pick<PastIndex, 'positionsOf' | 'effectsOf' | 'beginningsOf'>;

const PAGE = 4_096;

export const createTail = (reader: FactReader, index: PastIndex, read: (stored: StoredFact) => Recorded | undefined): Tail => {
  const own = new Map<Uuid, number[]>();
  const effects = new Map<Uuid, number[]>();
  const begun = new Map<string, number[]>();
  let from = -1;
  let upTo = -1;
  const catchUp = (): void => {
    const indexed = index.position();
    // The index has come further: what it says now is forgotten here.
    if (indexed !== from) {
      for (const each of [own, effects, begun]) each.clear();
      from = indexed;
      upTo = indexed;
    }
    const head = reader.head();
    while (upTo < head) {
      const page = reader.page(upTo, head, PAGE);
      const last = page.at(-1);
      if (last === undefined) return;
      for (const stored of page) {
        push(own, stored.id, stored.position);
        push(effects, stored.meta.causationId, stored.position);
        const first = stored.revision === 0 ? read(stored) : undefined;
        const app = first === undefined ? undefined : appBegunBy(first);
        if (app !== undefined) push(begun, app, stored.position);
      }
      upTo = last.position;
    }
  };
  const positions = <K>(map: Map<K, number[]>, key: K, max: number): readonly number[] => {
    catchUp();
    return (map.get(key) ?? []).filter((position) => position <= max);
  };
  return {
    positionsOf: (id) => positions(own, id, Number.MAX_SAFE_INTEGER),
    effectsOf: (id, max) => positions(effects, id, max),
    beginningsOf: (app, max) => positions(begun, app, max),
  };
};

const push = <K>(map: Map<K, number[]>, key: K, position: number): void => {
  const there = map.get(key);
  if (there === undefined) map.set(key, [position]);
  else there.push(position);
};
