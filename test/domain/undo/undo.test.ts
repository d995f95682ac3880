import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AppDefinition } from '../../../src/domain/app/definition/definition.ts';
import { takeBack } from '../../../src/domain/app/definition/threeWay.ts';
import { undoingOf } from '../../../src/domain/undo/undo.ts';

const values = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('1', '2', '3'));
const definitions = fc
  .record({
    instances: fc.nat(5),
    cmd: fc.option(fc.constantFrom('x', 'y'), { nil: undefined }),
    env: values,
    labels: values,
    extras: values,
  })
  .map(({ cmd, ...rest }) => ({ id: '/web', ...rest, ...(cmd !== undefined && { cmd }) }) as unknown as AppDefinition);

test('an undo right after a change gives back what was before', () => {
  fc.assert(
    fc.property(definitions, definitions, (before, after) => {
      const { definition, conflicts } = takeBack(before, after, after);
      expect(definition).toEqual(before);
      expect(conflicts).toEqual([]);
    }),
  );
});

test('what others changed since stays, and is named where both changed it', () => {
  fc.assert(
    fc.property(definitions, definitions, definitions, (before, after, now) => {
      const { definition, conflicts } = takeBack(before, after, now);
      for (const key of ['a', 'b', 'c']) {
        const [was, made, is] = [before, after, now].map(({ env }) => env[key]);
        const expected = was !== made && is === made ? was : is;
        expect(definition.env[key]).toEqual(expected);
        const isConflict = was !== made && is !== made && is !== was;
        expect(conflicts.some(({ field }) => field === `env/${key}`)).toBe(isConflict);
      }
    }),
  );
});

test('undoing what is undone leaves nothing to do', () => {
  fc.assert(
    fc.property(definitions, definitions, (before, after) => {
      const deed = { before: { configVersion: '1', definition: before }, after: { configVersion: '2', definition: after } };
      expect(undoingOf(deed, before).does).toBe('nothing');
    }),
  );
});
