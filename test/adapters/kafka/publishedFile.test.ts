import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { publishedFile } from '../../../src/adapters/kafka/publishedFile.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

const KEPT = { position: 42, hash: 'abc', cluster: 'c', prefix: 'wharf', state: true };

test('how far the log was published is read back as it was kept, by whoever opens the file next', async () => {
  const folder = join(temporaryFolder(), 'kafka');
  const path = join(folder, 'published.json');
  expect(await publishedFile(path).load()).toBeUndefined();
  await publishedFile(path).save({ ...KEPT, position: 41 });
  await publishedFile(path).save(KEPT);
  expect(await publishedFile(path).load()).toEqual(KEPT);
  expect(readdirSync(folder)).toEqual(['published.json']);
});

test('a file that a crash left beside it changes nothing', async () => {
  const path = join(temporaryFolder(), 'published.json');
  await publishedFile(path).save(KEPT);
  writeFileSync(`${path}.next`, '{"posi');
  expect(await publishedFile(path).load()).toEqual(KEPT);
});

test.each(['', '{"position":-1,"cluster":"c","prefix":"p"}', '[]'])(
  'a file that says something else (%s) is an error that says what to do',
  async (text) => {
    const path = join(temporaryFolder(), 'published.json');
    writeFileSync(path, text);
    await expect(publishedFile(path).load()).rejects.toThrow(
      `'${path}' does not say how far the log was published; without the file all of it`,
    );
  },
);
