import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Candidate, pickToStop, type StopRules } from '../../../src/domain/placement/scaleDown.ts';
import { node } from './support.ts';

const youngest: StopRules = { constraints: [], killSelection: 'YOUNGEST_FIRST' };
const oldest: StopRules = { constraints: [], killSelection: 'OLDEST_FIRST' };
const running = (instance: string, since: number, rack?: string): Candidate => ({
  instance,
  condition: 'Running',
  since,
  ...(rack === undefined ? {} : { node: node(instance, { attributes: { rack } }) }),
});

describe('whom to stop', () => {
  const three = [running('a', 1), running('b', 3), running('c', 2)];
  test('the youngest first, or the oldest', () => {
    expect(pickToStop(three, youngest, 2)).toEqual(['b', 'c']);
    expect(pickToStop(three, oldest, 2)).toEqual(['a', 'c']);
  });

  test('those asked for by name come first, all of them', () => {
    expect(pickToStop(three, youngest, 2, new Set(['a']))).toEqual(['a', 'b']);
    expect(pickToStop(three, youngest, 0, new Set(['a', 'c', 'gone']))).toEqual(['a', 'c']);
  });

  test('the least useful condition first', () => {
    const mixed: readonly Candidate[] = [
      running('running', 9),
      { instance: 'starting', condition: 'Starting', since: 1 },
      { instance: 'unreachable', condition: 'Unreachable', since: 1 },
      { instance: 'staging', condition: 'Staging', since: 1 },
      { instance: 'killing', condition: 'Killing', since: 1 },
    ];
    expect(pickToStop(mixed, youngest, 5)).toEqual(['unreachable', 'staging', 'starting', 'running', 'killing']);
  });

  test('one whose start is not known goes before those of its condition', () =>
    expect(pickToStop([...three, { instance: 'd', condition: 'Running' }], oldest, 1)).toEqual(['d']));

  test('GROUP_BY takes from the largest group, whatever the ages', () => {
    const racks = [running('a', 9, 'r1'), running('b', 1, 'r2'), running('c', 2, 'r2'), running('d', 3, 'r2')];
    expect(pickToStop(racks, { ...youngest, constraints: [['rack', 'GROUP_BY']] }, 2)).toEqual(['d', 'c']);
  });

  test('two groups that are both the largest are taken from in turn', () => {
    const racks = [...'aaabbbc'].map((rack, at) => running(`${rack}${at}`, rack === 'c' ? 99 : at, rack));
    expect(pickToStop(racks, { ...youngest, constraints: [['rack', 'GROUP_BY']] }, 3)).toEqual(['b5', 'a2', 'b4']);
  });

  test('more than there are is all of them', () => expect(pickToStop(three, youngest, 10)).toEqual(['b', 'c', 'a']));

  test('it is always as many as asked, each once, and racks that were even stay even', () => {
    const racks = fc.array(fc.constantFrom('r1', 'r2', 'r3'), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(racks, fc.nat(30), fc.boolean(), (where, count, grouped) => {
        const all = where.map((rack, at) => running(`i${at}`, (at * 7) % 11, rack));
        const picked = pickToStop(all, { ...youngest, constraints: grouped ? [['rack', 'GROUP_BY']] : [] }, count);
        expect(picked.length).toBe(Math.min(count, all.length));
        expect(new Set(picked).size).toBe(picked.length);
        const difference = (left: readonly Candidate[]) => {
          const sizes = [...new Set(where)].map((rack) => left.filter((each) => each.node?.attributes.rack === rack).length);
          return Math.max(...sizes) - Math.min(...sizes);
        };
        const left = all.filter(({ instance }) => !picked.includes(instance));
        if (grouped) expect(difference(left)).toBeLessThanOrEqual(Math.max(1, difference(all)));
      }),
      { numRuns: 1000 },
    );
  });
});
