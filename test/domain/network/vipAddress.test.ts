import fc from 'fast-check';
import { expect, test } from 'vitest';
import { vipNames } from '../../../src/domain/network/dcosNames.ts';
import { loopbackOf, vipName } from '../../../src/domain/network/vipAddress.ts';

test('two names are two addresses of this machine, each the same at any time', () => {
  expect(loopbackOf('shopweb')).toBe(loopbackOf('shopweb'));
  const names = Array.from({ length: 500 }, (_, n) => `web${n}`);
  expect(new Set(names.map(loopbackOf)).size).toBe(names.length);
});

test('an address is one of 127.128.0.0/9, and none that is a network or a broadcast in the usual masks', () => {
  fc.assert(
    fc.property(fc.string(), (name) => {
      const [a, b = 0, , d = 0] = loopbackOf(name).split('.').map(Number);
      expect([a, b >= 128 && b <= 255, d >= 1 && d <= 254]).toEqual([127, true, true]);
    }),
  );
});

test('a balancer that reads a label and a name server that reads it mean the same name', () => {
  expect(vipNames({ VIP_0: '/shop/web:80' })).toEqual([vipName('/shop/web')]);
});
