import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { sealerOf } from '../../../src/adapters/keys/sealer.ts';
import { openKeys } from '../../../src/adapters/keys/sqliteKeys.ts';
import { KeysUnavailable } from '../../../src/domain/kernel/codec.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

const countIn = (path: string): unknown => new DatabaseSync(path, { readOnly: true }).prepare('SELECT count(*) AS n FROM key').get()?.n;

test('keys that are made together are on disk when that is said, and open what they sealed after a restart', async () => {
  const path = join(temporaryFolder(), 'keys.sqlite');
  const keys = openKeys(path);
  const sealer = sealerOf(keys);
  const { made: sealed, durable } = keys.together(() =>
    ['app:/a', 'app:/b', 'app:/a'].map((subject) => sealer.seal(subject, `of ${subject}`)),
  );
  expect(countIn(path)).toBe(0);
  await durable;
  expect(countIn(path)).toBe(2);
  expect(keys.together(() => sealer.seal('app:/b', 'more')).durable).toBeUndefined();
  keys.close();
  const again = sealerOf(openKeys(path));
  expect(sealed.map((each) => again.open(each))).toEqual(['of app:/a', 'of app:/b', 'of app:/a']);
});

test('a key that seals without anybody waiting is on disk at once, also where it was made for somebody who waits', async () => {
  const path = join(temporaryFolder(), 'keys.sqlite');
  const keys = openKeys(path);
  const { durable } = keys.together(() => keys.keyFor('app:/a'));
  keys.keyFor('app:/a');
  expect(countIn(path)).toBe(1);
  await durable;
  keys.keyFor('app:/b');
  expect(countIn(path)).toBe(2);
});

test('a thousand who seal in one turn of the event loop wait for one write', async () => {
  const writes: number[] = [];
  const keys = openKeys(join(temporaryFolder(), 'keys.sqlite'), { onMade: (made) => writes.push(made.length) });
  await Promise.all(Array.from({ length: 1000 }, (_, nth) => keys.together(() => keys.keyFor(`request:${nth}`)).durable));
  expect(writes).toEqual([1000]);
});

test('those who come after a write share the next one, which waits as the disk took the thread just now', async () => {
  const writes: number[] = [];
  const keys = openKeys(join(temporaryFolder(), 'keys.sqlite'), { onMade: (made) => writes.push(made.length) });
  await keys.together(() => keys.keyFor('request:0')).durable;
  const [a, b] = ['request:1', 'request:2'].map((subject) => keys.together(() => keys.keyFor(subject)).durable);
  await Promise.all([a, b]);
  expect(writes).toEqual([1, 2]);
});

test('where the write fails all who wait for it hear it, none of their keys is kept, and the next is another one', async () => {
  const path = join(temporaryFolder(), 'keys.sqlite');
  const keys = openKeys(path);
  const other = new DatabaseSync(path);
  other.exec("CREATE TRIGGER full BEFORE INSERT ON key BEGIN SELECT RAISE(ABORT, 'the disk is full'); END");
  const [a, b] = ['app:/a', 'app:/b'].map((subject) => keys.together(() => keys.keyFor(subject)));
  await expect(a?.durable).rejects.toThrow(KeysUnavailable);
  await expect(b?.durable).rejects.toThrow('the disk is full');
  expect([keys.find(a?.made.id ?? ''), keys.idOf('app:/b')]).toEqual([undefined, undefined]);
  other.exec('DROP TRIGGER full');
  await keys.together(() => keys.keyFor('app:/a')).durable;
  expect([countIn(path), keys.find(a?.made.id ?? '')]).toEqual([1, undefined]);
});

test('what is destroyed before it was written is never written', async () => {
  const path = join(temporaryFolder(), 'keys.sqlite');
  const keys = openKeys(path);
  const { durable } = keys.together(() => keys.keyFor('app:/a'));
  keys.destroy('app:/a');
  await durable;
  expect(countIn(path)).toBe(0);
});

test('none of them is kept when the work fails, and the next of the same subject is another one', async () => {
  const path = join(temporaryFolder(), 'keys.sqlite');
  const keys = openKeys(path);
  let first = '';
  const work = () => {
    first = keys.keyFor('app:/a').id;
    throw new Error('decided otherwise');
  };
  expect(() => keys.together(work)).toThrow('decided otherwise');
  expect([countIn(path), keys.find(first)]).toEqual([0, undefined]);
  expect(keys.keyFor('app:/a').id).not.toBe(first);
  expect(countIn(path)).toBe(1);
});
