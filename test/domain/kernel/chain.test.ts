import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { chainBytes, chainHash, NO_HASH } from '../../../src/domain/kernel/chain.ts';
import { uuidOf, wireFact } from '../../support/wireFacts.ts';

const hash = chainHash((bytes) => createHash('sha256').update(bytes).digest());
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const text = (value: string): string => `${Buffer.byteLength(value).toString(16).padStart(8, '0')}${Buffer.from(value).toString('hex')}`;

const fact = wireFact(1, { data: '{"text":"ü"}', meta: { chart: 'instance@1' } });

test('the canonical bytes of one fact, spelled out', () => {
  expect(hex(chainBytes(NO_HASH, 'instance-7', 258, fact))).toBe(
    [
      '01',
      `00000020${'00'.repeat(32)}`,
      text('instance-7'),
      '000000084070200000000000', // 258 as a double
      text(uuidOf(1)),
      text('InstancePlaced.v1'),
      text(uuidOf(0xc0_0001)),
      text(uuidOf(0xca_0001)),
      text('engine'),
      '00000008427b8dac5b401000', // 1893456000001
      '000000083ff0000000000000', // term 1
      text('starting'),
      text('run'),
      'ffffffff', // no due
      text('instance@1'),
      'ffffffff', // no traceparent
      text('{"text":"ü"}'),
    ].join(''),
  );
});

test('the hash of that fact, for ever', () => {
  expect(hex(hash(NO_HASH, 'instance-7', 258, fact))).toBe('974d4351a1583c2a6bf0c002477df38a97ba3bf563bcd1394b22fa155db64d24');
});

test('each field moves the hash, and none can be shifted into its neighbour', () => {
  const others = [
    hash(new Uint8Array(32).fill(1), 'instance-7', 258, fact),
    hash(NO_HASH, 'instance-8', 258, fact),
    hash(NO_HASH, 'instance-7', 259, fact),
    hash(NO_HASH, 'instance-7', 258, { ...fact, id: uuidOf(2) }),
    hash(NO_HASH, 'instance-7', 258, { ...fact, type: 'InstancePlaced.v2' }),
    hash(NO_HASH, 'instance-7', 258, { ...fact, data: '{}' }),
    ...[
      { correlationId: uuidOf(9) },
      { causationId: uuidOf(9) },
      { by: 'other' },
      { at: 5 },
      { term: 2 },
      { state: 'startingr', owes: 'un' },
      { state: 'starting', owes: '' },
      { due: 0 },
      { chart: '' },
      { traceparent: '' },
    ].map((change) => hash(NO_HASH, 'instance-7', 258, { ...fact, meta: { ...fact.meta, ...change } })),
    hash(NO_HASH, 'instance-7', 258, fact),
  ].map(hex);
  expect(new Set(others).size).toBe(others.length);
});

test('a long fact is hashed like a short one', () => {
  const long = wireFact(1, { data: `"${'ü'.repeat(100_000)}"` });
  expect(hex(hash(NO_HASH, 'app-x', 0, long))).toBe(
    createHash('sha256')
      .update(chainBytes(NO_HASH, 'app-x', 0, long))
      .digest('hex'),
  );
  expect(hex(chainBytes(NO_HASH, 'app-x', 0, long)).endsWith(text(long.data))).toBe(true);
});
