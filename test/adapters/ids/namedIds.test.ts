import fc from 'fast-check';
import { v5 } from 'uuid';
import { expect, test } from 'vitest';
import { namedIds } from '../../../src/adapters/ids/namedIds.ts';
import { INSTANCE_NAMESPACE } from '../../../src/domain/instance/instance.states.ts';

test('ids made of names are those of the package uuid, whatever the name', () => {
  const idOf = namedIds(INSTANCE_NAMESPACE);
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (name) => {
      expect(idOf(name)).toBe(v5(name, INSTANCE_NAMESPACE));
    }),
  );
  for (const name of ['', 'é'.repeat(1024), 'é'.repeat(1025), '/web 2030-01-01T00:00:00.000Z 0 1'])
    expect(idOf(name)).toBe(v5(name, INSTANCE_NAMESPACE));
});
