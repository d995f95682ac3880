import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { sealerOf } from '../../../src/adapters/keys/sealer.ts';
import { type SharedKeys, shareKeys } from '../../../src/adapters/keys/sharedKeys.ts';
import { openStoreExchange, type StoreExchange } from '../../../src/adapters/keys/storeExchange.ts';
import { startStore } from '../../support/storeProcess.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

const exchangeKey = randomBytes(32);
/** A process of its own answers. */
const SOON = { timeout: 20_000 };

type Engine = { readonly keys: SharedKeys; readonly exchange: StoreExchange; leave(): Promise<void> };

const engine = async (connection: string, folder: string): Promise<Engine> => {
  const exchange = openStoreExchange(connection);
  const keys = await shareKeys({ path: join(folder, 'keys.sqlite'), exchange, exchangeKey });
  let isThere = true;
  const leave = async (): Promise<void> => {
    if (!isThere) return;
    isThere = false;
    keys.close();
    await exchange.close();
  };
  onTestFinished(leave);
  return { keys, exchange, leave };
};

test('keys of engines on one store: shared, opened, destroyed everywhere, and followed through a restart of the store', async () => {
  const store = await startStore(join(temporaryFolder(), 'log.sqlite'));
  onTestFinished(() => store.kill());
  const awayFolder = temporaryFolder();
  const [a, b] = [await engine(store.connection, temporaryFolder()), await engine(store.connection, temporaryFolder())];
  const away = await engine(store.connection, awayFolder);
  const sealed = ['app:/web', 'app:/api'].map((subject) => sealerOf(a.keys).seal(subject, `of ${subject}`));
  const [web, api] = sealed as [(typeof sealed)[0], (typeof sealed)[0]];
  await a.keys.published();
  for (const { keys } of [b, away]) await expect.poll(() => sealed.map(sealerOf(keys).open), SOON).toEqual(['of app:/web', 'of app:/api']);
  // One that comes later finds them at once.
  const late = await engine(store.connection, temporaryFolder());
  expect(sealed.map(sealerOf(late.keys).open)).toEqual(['of app:/web', 'of app:/api']);

  await away.leave();
  a.keys.destroyKey(web.key);
  await expect.poll(() => [b, late].map(({ keys }) => sealerOf(keys).open(web)), SOON).toEqual([undefined, undefined]);
  const back = await engine(store.connection, awayFolder);
  expect([web, api].map(sealerOf(back.keys).open)).toEqual([undefined, 'of app:/api']);

  await store.kill();
  await store.restart();
  const more = sealerOf(b.keys).seal('app:/more', 'more');
  await expect
    .poll(
      async () =>
        b.keys.published()?.then(
          () => 'then',
          () => 'not yet',
        ),
      SOON,
    )
    .not.toBe('not yet');
  await expect.poll(() => sealerOf(a.keys).open(more), SOON).toBe('more');

  const other = openStoreExchange(store.connection);
  onTestFinished(() => other.close());
  const strange = shareKeys({ path: join(temporaryFolder(), 'keys.sqlite'), exchange: other, exchangeKey: randomBytes(32) });
  await expect(strange).rejects.toThrow('--cluster-secret is not that');

  // Who follows the log tells the same, in its order: what is no key, or no stream of one, is nothing.
  const heard: string[] = [];
  await other.follow(
    (id, subject) => heard.push(`${id} ${subject}`),
    (id) => heard.push(`${id} removed`),
  );
  expect(heard).toEqual(expect.arrayContaining([`${web.key} removed`, `${api.key} app:/api`, `${more.key} app:/more`]));
  heard.length = 0;
  const box = Buffer.from('{"subject":"app:/a","box":"x"}');
  for (const [stream, type] of [
    ['wharfkey-1', 'KeyShared'],
    ['instance-1', 'KeyShared'],
    ['wharfkey-1', 'Other'],
    ['wharfkey-1', '$streamDeleted'],
  ] as const)
    other.others.take({ stream, type, data: box });
  expect(heard).toEqual(['1 app:/a', '1 removed']);
}, 60_000);
