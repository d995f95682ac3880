import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { sealerOf } from '../../../src/adapters/keys/sealer.ts';
import { openKeys } from '../../../src/adapters/keys/sqliteKeys.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

const countIn = (path: string): unknown => new DatabaseSync(path, { readOnly: true }).prepare('SELECT count(*) AS n FROM key').get()?.n;

test('keys that are made together are on disk when it returns, and open what they sealed after a restart', () => {
  const path = join(temporaryFolder(), 'keys.sqlite');
  const keys = openKeys(path);
  const sealer = sealerOf(keys);
  const sealed = sealer.together?.(() => ['app:/a', 'app:/b', 'app:/a'].map((subject) => sealer.seal(subject, `of ${subject}`))) ?? [];
  expect(countIn(path)).toBe(2);
  keys.close();
  const again = sealerOf(openKeys(path));
  expect(sealed.map((each) => again.open(each))).toEqual(['of app:/a', 'of app:/b', 'of app:/a']);
});

test('none of them is kept when the work fails, and the next of the same subject is another one', () => {
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
