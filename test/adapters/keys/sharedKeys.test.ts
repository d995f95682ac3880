import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { readKeys } from '../../../src/adapters/keys/readKeys.ts';
import { sealerOf } from '../../../src/adapters/keys/sealer.ts';
import { SECRET_CHECK, type SharedKeys, type SharedKeysOptions, shareKeys } from '../../../src/adapters/keys/sharedKeys.ts';
import { openKeys } from '../../../src/adapters/keys/sqliteKeys.ts';
import type { KeyExchange } from '../../../src/domain/ports/keyExchange.ts';
import { type MemoryExchange, memoryExchange } from '../../support/memoryExchange.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

const exchangeKey = randomBytes(32);
const newFile = (): string => join(temporaryFolder(), 'keys.sqlite');

const sharing = async (exchange: KeyExchange, path: string, more: Partial<SharedKeysOptions> = {}): Promise<SharedKeys> => {
  const keys = await shareKeys({ path, exchange, exchangeKey, ...more });
  let isOpen = true;
  const close = (): void => {
    if (isOpen) keys.close();
    isOpen = false;
  };
  onTestFinished(close);
  return { ...keys, close };
};

/** Of keys: what tells whether two have the same secret is none. */
const idsAt = ({ boxes }: MemoryExchange): readonly string[] => [...boxes.keys()].filter((id) => id !== SECRET_CHECK.id);

test('what one engine seals every other opens, now and after its own restart, and what reads the file beside it too', async () => {
  const exchange = memoryExchange();
  const path = newFile();
  const [a, b] = [await sharing(exchange, newFile()), await sharing(exchange, path)];
  const seal = () => ['app:/web', 'app:/api'].map((subject) => sealerOf(a).seal(subject, `of ${subject}`));
  const { made: sealed, durable } = a.together(seal);
  await durable;
  await a.published();
  expect(sealed.map((each) => sealerOf(b).open(each))).toEqual(['of app:/web', 'of app:/api']);
  // The other goes on with the same key.
  expect(sealerOf(b).seal('app:/web', 'more').key).toBe(sealed[0]?.key);
  b.close();
  const alone = readKeys(path);
  expect(Buffer.from(alone.find(sealed[1]?.key ?? '') ?? [])).toEqual(Buffer.from(a.find(sealed[1]?.key ?? '') ?? []));
  alone.close();
  expect(sealerOf(await sharing(memoryExchange(), path)).open(sealed[0] as never)).toBe('of app:/web');
});

test('what stands at the exchange tells nothing without the secret, and a box is no other key’s', async () => {
  const exchange = memoryExchange();
  const a = await sharing(exchange, newFile());
  const { id, key } = a.keyFor('app:/web');
  await a.published();
  const box = exchange.boxes.get(id)?.box ?? '';
  expect(Buffer.from(box, 'base64').includes(Buffer.from(key))).toBe(false);
  await expect(sharing(exchange, newFile(), { exchangeKey: randomBytes(32) })).rejects.toThrow('--cluster-secret is not that');
  const forged = memoryExchange();
  await forged.publish(id, 'app:/other', box);
  await expect(sharing(forged, newFile())).rejects.toThrow('--cluster-secret is not that');
});

test('engines with two secrets do not come together, though no key was made yet', async () => {
  const exchange = memoryExchange();
  await sharing(exchange, newFile());
  await expect(sharing(exchange, newFile(), { exchangeKey: randomBytes(32) })).rejects.toThrow('--cluster-secret is not that');
  // Whoever is first, however near they come.
  const fresh = memoryExchange();
  const both = await Promise.allSettled([sharing(fresh, newFile()), sharing(fresh, newFile(), { exchangeKey: randomBytes(32) })]);
  expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
});

describe('a new key', () => {
  test('is waited for until it is at the exchange, and a key that is known is not', async () => {
    const exchange = memoryExchange();
    const a = await sharing(exchange, newFile());
    expect(a.published()).toBeUndefined();
    const { id } = a.keyFor('app:/web');
    const published = a.published();
    expect(published).toBeInstanceOf(Promise);
    await published;
    expect(idsAt(exchange)).toEqual([id]);
    a.keyFor('app:/web');
    expect(a.published()).toBeUndefined();
  });

  test('that cannot be published now is said to be unavailable, and is published when the exchange answers again', async () => {
    const exchange = memoryExchange();
    const trouble: (string | undefined)[] = [];
    const a = await sharing(exchange, newFile(), { onTrouble: (text) => trouble.push(text) });
    exchange.trouble = 'nobody answers';
    const { id } = a.keyFor('app:/web');
    await expect(a.published()).rejects.toThrow('nobody answers');
    exchange.trouble = undefined;
    await a.published();
    expect(exchange.boxes.has(id)).toBe(true);
    expect([trouble.at(-2), trouble.at(-1)]).toEqual([expect.stringContaining('nobody answers'), undefined]);
  });

  test('of work that fails is never published', async () => {
    const exchange = memoryExchange();
    const a = await sharing(exchange, newFile());
    const fail = () =>
      a.together(() => {
        a.keyFor('app:/web');
        throw new Error('decided otherwise');
      });
    expect(fail).toThrow('decided otherwise');
    expect([a.published(), idsAt(exchange)]).toEqual([undefined, []]);
  });

  test('of an engine that died over it is published when it comes back', async () => {
    const exchange = memoryExchange();
    const path = newFile();
    const a = await sharing(exchange, path);
    exchange.trouble = 'gone';
    const { id } = a.keyFor('app:/web');
    a.close();
    exchange.trouble = undefined;
    expect(exchange.boxes.has(id)).toBe(false);
    await sharing(exchange, path);
    expect(exchange.boxes.has(id)).toBe(true);
  });
});

describe('an embedded log that was moved here', () => {
  test('brings its keys along', async () => {
    const path = newFile();
    const alone = openKeys(path);
    const sealed = sealerOf(alone).seal('app:/web', 'secret');
    alone.close();
    const exchange = memoryExchange();
    const other = await sharing(exchange, newFile());
    await sharing(exchange, path);
    expect(sealerOf(other).open(sealed)).toBe('secret');
  });

  test('where the subject had got another key meanwhile, both open what they sealed, everywhere, and both are destroyed', async () => {
    const path = newFile();
    const alone = openKeys(path);
    const old = sealerOf(alone).seal('app:/web', 'old');
    alone.close();
    const exchange = memoryExchange();
    const otherPath = newFile();
    const other = await sharing(exchange, otherPath);
    const fresh = sealerOf(other).seal('app:/web', 'fresh');
    await other.published();
    const moved = await sharing(exchange, path);
    for (const keys of [other, moved]) expect([old, fresh].map(sealerOf(keys).open)).toEqual(['old', 'fresh']);
    expect(sealerOf(other).seal('app:/web', 'next').key).toBe(fresh.key);
    other.close();
    const again = await sharing(exchange, otherPath);
    expect([old, fresh].map(sealerOf(again).open)).toEqual(['old', 'fresh']);
    again.destroy('app:/web');
    await expect.poll(() => idsAt(exchange).length, { timeout: 10_000 }).toBe(0);
    for (const keys of [again, moved]) expect([old, fresh].map(sealerOf(keys).open)).toEqual([undefined, undefined]);
  });
});

describe('a key that is destroyed', () => {
  test('is gone everywhere, also at an engine that was away, and never comes back from there', async () => {
    const exchange = memoryExchange();
    const [here, away] = [newFile(), newFile()];
    const a = await sharing(exchange, here);
    const b = await sharing(exchange, away);
    const c = await sharing(exchange, newFile());
    const sealed = sealerOf(a).seal('app:/web', 'secret');
    await a.published();
    b.close();
    a.destroyKey(sealed.key);
    expect([sealerOf(a).open(sealed), sealerOf(c).open(sealed)]).toEqual([undefined, undefined]);
    const back = await sharing(exchange, away);
    expect([back.find(sealed.key), idsAt(exchange).length]).toEqual([undefined, 0]);
    expect(back.keyFor('app:/web').id).not.toBe(sealed.key);
  });

  test('while the exchange does not answer is destroyed there later, also by an engine that has learnt of it alone', async () => {
    const exchange = memoryExchange();
    const path = newFile();
    const a = await sharing(exchange, path);
    const sealed = sealerOf(a).seal('app:/web', 'secret');
    await a.published();
    exchange.trouble = 'nobody answers';
    a.destroyKey(sealed.key);
    a.close();
    exchange.trouble = undefined;
    const back = await sharing(exchange, path);
    // The record of it says so again at each start.
    back.destroyKey(sealed.key);
    await expect.poll(() => idsAt(exchange).length, { timeout: 10_000 }).toBe(0);
    expect(back.find(sealed.key)).toBeUndefined();
  });

  test('is destroyed by its removal alone: an exchange that never knew it is given it', async () => {
    const path = newFile();
    const a = await sharing(memoryExchange(), path);
    const { id } = a.keyFor('app:/web');
    await a.published();
    a.close();
    const other = memoryExchange();
    const b = await sharing(other, path);
    expect([b.find(id) !== undefined, other.boxes.has(id)]).toEqual([true, true]);
  });
});
