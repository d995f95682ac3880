import { describe, expect, test } from 'vitest';
import { labelSelector } from '../../../src/adapters/http/marathon/labelSelector.ts';

const labels = { tier: 'front', env: 'prod', 'a,b': 'c d' };

describe('a label selector', () => {
  test.each([
    ['', true],
    ['tier', true],
    ['none', false],
    ['tier==front', true],
    ['tier == back', false],
    ['tier!=back', true],
    ['tier!=front', false],
    ['none!=x', false],
    ['none notin (x)', false],
    ['tier in (front, back)', true],
    ['tier in (back)', false],
    ['tier notin (back)', true],
    ['tier notin (front,back)', false],
    ['tier==front,env==prod', true],
    ['tier==front, env==test', false],
    [String.raw`a\,b==c\ d`, true],
    ['in in (x)', false],
    [String.raw`a\,b in (x\,y, c\ d)`, true],
    [String.raw`a\,b notin (c\ d, \))`, false],
  ])("'%s' matches: %s", (selector, wanted) => {
    expect(labelSelector(selector)(labels)).toBe(wanted);
  });

  test.each(['==', 'tier=front', 'tier==', 'tier in front', 'tier==(a)', ',', 'tier front', 'tier in ('])("'%s' is none", (selector) => {
    expect(() => labelSelector(selector)).toThrow('Object is not valid');
  });
});
