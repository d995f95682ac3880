import fc from 'fast-check';
import { expect, test } from 'vitest';
import { noShards, type Shards, shardDelete, shardGet, shardSet, shardValues } from '../../../src/domain/kernel/shards.ts';

const deed = fc.oneof(
  fc.record({ set: fc.array(fc.tuple(fc.string({ maxLength: 3 }), fc.integer()), { maxLength: 5 }) }),
  fc.record({ remove: fc.array(fc.string({ maxLength: 3 }), { maxLength: 5 }) }),
);

test('shards hold what a map holds, and no change touches what was there before', () => {
  fc.assert(
    fc.property(fc.array(deed, { maxLength: 40 }), (deeds) => {
      const map = new Map<string, number>();
      let shards: Shards<number> = noShards();
      for (const each of deeds) {
        const [before, copy] = [shards, JSON.stringify(shards)];
        if ('set' in each) {
          for (const [key, value] of each.set) map.set(key, value);
          shards = shardSet(shards, each.set);
        } else {
          for (const key of each.remove) map.delete(key);
          shards = shardDelete(shards, each.remove);
        }
        expect(JSON.stringify(before)).toBe(copy);
      }
      expect([...shardValues(shards)].sort()).toEqual([...map.values()].sort());
      for (const [key, value] of map) expect(shardGet(shards, key)).toBe(value);
      expect(shardGet(shards, 'never there')).toBeUndefined();
    }),
  );
});
