import { either as E } from 'fp-ts';
import { describe, expect, test } from 'vitest';
import { compileAssertion, MAX_EXPRESSION_LENGTH } from '../../../src/history/bisect/assertion.ts';
import { createViews } from '../../../src/projections/views.ts';

const wrong = (text: string): { readonly column: number; readonly message: string } => {
  const compiled = compileAssertion(text);
  if (E.isRight(compiled) || compiled.left.kind !== 'expression') throw new Error(`'${text}' is taken`);
  return compiled.left;
};

const NOW = Date.UTC(2030, 0, 1, 12);
const tells = (text: string): unknown => {
  const compiled = compileAssertion(text);
  if (E.isLeft(compiled)) throw new Error(JSON.stringify(compiled.left));
  const verdict = compiled.right.evaluate(createViews(), 7, NOW);
  if (E.isLeft(verdict)) throw new Error(JSON.stringify(verdict.left));
  return verdict.right.untold ?? verdict.right.holds;
};

describe('a mistake is told before any search, with its place', () => {
  test.each([
    ["nods.all(n, n.state == 'ready')", 1, "nothing is called 'nods'; did you mean 'nodes'?"],
    ["nodes.all(n, n.stat == 'ready')", 15, "a node has no field 'stat'; did you mean 'state'?"],
    ["apps['/web'].ready >= '3'", 20, "'>=' does not go with int and string"],
    ["apps['/web'].ready", 1, 'it must say something that is true or false, and this is int'],
    ['apps[3].ready > 1', 5, 'the key in brackets must be string, not int'],
    ['apps.web.ready > 1', 5, "a row of a table is named by its id in brackets, such as ['web'], and 'all' or 'exists' go through them"],
    ["apps['/web'].deployment == null", 25, 'nothing here is ever null: ask has(row.field) whether a row has a field'],
    ["apps['/web'] == apps['/api']", 14, 'lists and rows are compared by what is in them, such as their size or a field'],
    ['apps.all(a, a.ready)', 14, 'the condition must be bool'],
    ['size(now) > 1', 1, "'size' does not go with timestamp"],
    ['apps.exist(a, a.ready > 1)', 5, "there is no function 'exist'; did you mean 'exists'?"],
    ["{'a': 1}.size() > 0", 1, 'maps and messages cannot be written here'],
    ["now - apps['/web'].ready > duration('1s')", 5, "'-' does not go with timestamp and int"],
    ["[1, 'a'] == []", 5, 'the elements of a list are of one type'],
    ['size(nodes) >', 13, expect.stringMatching(/^not understood: /)],
    ['size(nodes) > 3 size', 17, expect.stringMatching(/^not understood: /)],
  ])('%s', (text, column, message) => {
    expect(wrong(text)).toMatchObject({ column, message });
  });

  test('one that is too long, or nested without end', () => {
    expect(wrong('1'.repeat(MAX_EXPRESSION_LENGTH + 1))).toMatchObject({
      message: `it is longer than ${MAX_EXPRESSION_LENGTH} characters`,
    });
    expect(wrong('('.repeat(MAX_EXPRESSION_LENGTH)).message).toMatch(/^not understood|nested too deeply/);
  });

  test('names of JavaScript’s own are nothing here', () => {
    for (const name of ['constructor', '__proto__', 'toString', 'globalThis', 'process']) {
      expect(wrong(`${name} == 1`).message).toMatch(/nothing is called/);
      expect(wrong(`nodes.all(n, n.${name} == 1)`).message).toMatch(/has no field/);
      expect(wrong(`${name}(1)`).message).toMatch(/there is no function/);
    }
  });
});

describe('numbers, texts and times are what one takes them for', () => {
  test.each([
    ['position == 7 && position == 7.0 && position < 7.5', true],
    ['position * 1.5 == 10.5', true],
    ['position / 2 == 3', true],
    ['-position < 0 && position % 2 == 1', true],
    ["now == timestamp('2030-01-01T12:00:00Z')", true],
    ["now - timestamp('2030-01-01T11:00:00Z') == duration('1h')", true],
    ["now - duration('90m') < timestamp('2030-01-01T10:30:01Z')", true],
    ['now.getHours() == 12', true],
    ["'a' + 'b' == 'ab' && 'abc'.matches('^a.c$')", true],
    ['size([3, 1].filter(n, n > 1).map(n, n * 2)) == 1', true],
    ['7 in [position] && !(8 in [position])', true],
    ['[1, 2].exists_one(n, n == 2)', true],
    ['size(apps) == 0 ? true : false', true],
    ["'/web' in apps", false],
  ])('%s', (text, answer) => {
    expect(tells(text)).toBe(answer);
  });

  test('what is not there makes no answer, and says where', () => {
    expect(tells("apps['/web'].ready >= 3")).toMatch(/\/web.*character \d+/);
    expect(tells("duration('x') < duration('1s')")).toMatch(/character/);
  });
});
