import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { StrategyRefused } from '../../../src/adapters/strategies/bundle.ts';
import { evaluate } from '../../../src/adapters/strategies/evaluate.ts';
import { loadFolder, loadStrategy } from '../../../src/adapters/strategies/load.ts';
import * as kit from '../../../src/strategy.ts';
import { storyOf } from '../../../src/strategy.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

let folder = '';
beforeEach(() => {
  folder = temporaryFolder();
});

const write = (name: string, text: string): string => {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
};

/** A strategy that works, with lines of a test in its first state's guard and before it. */
const withLines = (before: string, guard = 'isThere', imports = 'isThere, strategy, want, wanted, z'): string => `
import { ${imports} } from 'wharfinger/strategy';
${before}
export default strategy(
  { id: 'lines.v1', description: 'Of a test.', parameters: z.strictObject({ seconds: z.number().default(5) }), memory: { seen: [1, 2] } },
  {
    initial: 'moving',
    states: {
      moving: {
        entry: want((course) => ({ new: wanted(course), old: 0 })),
        on: { SlotsChanged: { guard: ${guard}, target: 'succeeded' } },
        after: { rest: 'failed' },
      },
    },
    delays: { rest: ({ parameters }) => parameters.seconds * 1000 },
  },
);
`;

const problemsOf = async (text: string): Promise<readonly string[]> => {
  const error = await loadStrategy(write('lines.ts', text), kit).then(
    () => undefined,
    (refused: unknown) => refused,
  );
  if (!(error instanceof StrategyRefused)) throw error ?? new Error('it was loaded');
  return error.problems.map(({ where, text }) => `${where}: ${text}`);
};

describe('a strategy in a file', () => {
  test('is loaded with its types stripped, and lives a story', async () => {
    const { spec, name, version, source, sha256 } = await loadStrategy(
      write('lines.ts', withLines('type Unused = Date;\nconst enough: number = 3;', '(course) => isThere(course) && enough > 2')),
      kit,
    );
    expect([spec.id, name, version]).toEqual(['lines.v1', 'lines', 1]);
    expect(sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(source).not.toContain('Unused');
    expect(storyOf(spec, { instances: 2 }).sees({ new: { ready: 2 } }).state).toBe('releasing');
    expect(spec.parameters?.parse({})).toEqual({ seconds: 5 });
  });

  test('is the same when its recorded text is run instead, and gives the same sum when nothing but comments changed', async () => {
    const first = await loadStrategy(write('lines.ts', withLines('// one')), kit);
    const second = await loadStrategy(write('lines.ts', withLines('// another')), kit);
    expect(second.sha256).toBe(first.sha256);
    const again = evaluate(first.source, kit, 'lines.v1');
    expect(storyOf(again).wants).toEqual(storyOf(first.spec).wants);
  });

  test('may import files of its own folder, for which the same rules hold', async () => {
    write('shared.ts', 'export const enough = (count: number): boolean => count >= 2;');
    const text = withLines("import { enough } from './shared.ts';", '(course) => isThere(course) && enough(wanted(course))');
    const { source } = await loadStrategy(write('lines.ts', text), kit);
    expect(source).not.toContain("shared.ts'");
    write('shared.ts', '\nexport const enough = (count: number): boolean => count >= Date.now();');
    expect(await problemsOf(text)).toEqual([
      "shared.ts:2: 'Date': a strategy has no clock: it waits by `after`, and the engine keeps the time",
    ]);
  });

  test('a local name that is called as something forbidden is a name like any other', async () => {
    const text = withLines(
      'const process = { Date: 3 };\nconst fetch = (x: { readonly console: number }) => x.console;',
      '(course) => isThere(course) && fetch({ console: process.Date }) === 3',
    );
    expect((await loadStrategy(write('lines.ts', text), kit)).spec.id).toBe('lines.v1');
  });
});

describe('refused with file, line and rule', () => {
  test.for([
    ['() => Date.now() > 0', "'Date': a strategy has no clock"],
    ['() => new Date().getTime() > 0', "'Date': a strategy has no clock"],
    ['() => performance.now() > 0', "'performance': a strategy has no clock"],
    ['() => Math.random() > 0.5', "'Math.random': a strategy has no dice"],
    ["() => Math['random']() > 0.5", "'Math.random': a strategy has no dice"],
    ['() => crypto.randomUUID() > "8"', "'crypto': a strategy has no dice"],
    ['() => process.env.HOME === "/"', "'process': a strategy reaches nothing outside"],
    ['() => (globalThis as any).x === 1', "'globalThis': a strategy reaches nothing outside"],
    ['() => { void fetch("http://a"); return true; }', "'fetch': a strategy reaches nothing outside"],
    ['() => { console.log("x"); return true; }', "'console': a strategy reaches nothing outside"],
    ['() => { setTimeout(() => {}, 1); return true; }', "'setTimeout': a strategy has no clock"],
    ['() => require("fs") !== undefined', "'fs': a strategy may import"],
    ['() => eval("1") === 1', "'eval': a strategy makes no code of text"],
    ['() => new Function("return 1")() === 1', "'Function': a strategy makes no code of text"],
    ['() => want.constructor("return 1")() === 1', "'.constructor': a strategy makes no code of text"],
    ['async () => true', "'async': deciding waits for nobody"],
    ['() => { void import("wharfinger/strategy"); return true; }', "'wharfinger/strategy': a strategy may import"],
    ['() => import.meta.url === ""', "'import.meta'"],
    ['() => new Intl.NumberFormat() === 1', "'Intl'"],
    ['() => (5).toLocaleString() === "5"', "'.toLocaleString'"],
    ['() => new SharedArrayBuffer(1) === 1', "there is no 'SharedArrayBuffer' in a strategy"],
  ] as const)('%s', async ([guard, rule]) => {
    const problems = await problemsOf(withLines('', guard));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain('lines.ts:11: ');
    expect(problems[0]).toContain(rule);
  });

  test.for([
    [
      "import { readFileSync } from 'node:fs'; export const x = readFileSync;",
      "lines.ts:3: 'node:fs': a strategy may import 'wharfinger/strategy'",
    ],
    ["import { z as y } from 'zod'; export const x = y;", "lines.ts:3: 'zod': a strategy may import"],
    ["import { x } from '../outside.ts'; export const y = x;", "lines.ts:3: '../outside.ts': a strategy may import"],
    ['const x = await Promise.resolve(1); export { x };', "lines.ts:3: 'await': deciding waits for nobody"],
    [
      'let count = 0; export const more = () => { count += 1; return count; };',
      "lines.ts:3: 'count': a function changes a variable of its module",
    ],
    ['let [a] = [0]; export const more = () => { [a] = [1]; for (a of [2]) a++; };', "lines.ts:3: 'a': a function changes a variable"],
    ['const broken = ;', 'lines.ts:3: Unexpected ";"'],
  ] as const)('%s', async ([line, problem]) => {
    expect((await problemsOf(withLines(line)))[0]).toContain(problem);
  });

  test('all that is wrong is told at once', async () => {
    expect(await problemsOf(withLines('export const now = () => Date.now();', '() => Math.random() > 1'))).toHaveLength(2);
  });

  test.for([
    ['export const x = 1;', 'it has no default export that is a strategy'],
    [
      "import { strategy } from 'wharfinger/strategy';\nexport default strategy({ id: 'Web', description: 'x' }, { initial: 'a', states: {} });",
      "id: 'Web' must be a name and a version",
    ],
    [
      "import { strategy } from 'wharfinger/strategy';\nexport default strategy({ id: 'web.v1', description: 'x' }, { initial: 'a', states: {} });",
      "web.v1: there is no state 'a' to begin with",
    ],
    [
      "import { strategy } from 'wharfinger/strategy';\nexport default strategy({ id: 'web.v1', description: 'x' }, { initial: 'a', states: { a: { on: { SlotsChanged: 'b' } } } });",
      "web.v1: state 'a' goes to 'b', which there is not",
    ],
    [
      "import { strategy, z } from 'wharfinger/strategy';\nexport default strategy({ id: 'web.v1', description: 'x', parameters: z.object({ n: z.number() }) }, { initial: 'a', states: { a: {} } });",
      'parameters: each needs a default',
    ],
    [
      "import { strategy, z } from 'wharfinger/strategy';\nexport default strategy({ id: 'web.v1', description: 'x', parameters: z.string() }, { initial: 'a', states: { a: {} } });",
      'parameters: must be a schema of an object',
    ],
    ["import { nothing } from 'wharfinger/strategy';\nexport default nothing;", "'wharfinger/strategy' has no 'nothing'"],
    ['for (;;);\nexport default 1;', 'timed out'],
    ["throw new Error('on purpose');", 'on purpose'],
  ] as const)('%s', async ([text, problem]) => {
    expect((await problemsOf(text))[0]).toContain(problem);
  });
});

describe('what the rules do not see in the text', () => {
  test.for([
    ["const m = Math; const roll = 'ran' + 'dom'; m[roll]();", /is not a function/],
    ["(() => {})['const' + 'ructor']('return 1')();", /Code generation from strings disallowed/],
    ["[]['const' + 'ructor'].prototype.map = 1;", /read only/],
    ["Object['prototype']['x'] = 1;", /not extensible/],
  ] as const)('%s is not there when it runs', ([line, message]) => {
    expect(() => evaluate(`${line}\nexport default 1;`, kit, 'x')).toThrow(message);
  });
});

test('a folder gives its strategies, older versions first; tests and declarations are none, and one that is refused stops no other', async () => {
  const versioned = (id: string) => withLines('').replace('lines.v1', id);
  write('b.ts', versioned('web.v2'));
  write('c.ts', versioned('web.v1'));
  write('a.js', versioned('api.v1'));
  write('a.test.ts', 'this is no strategy');
  write('types.d.ts', 'export {};');
  write('README.md', '# x');
  write('wrong.ts', withLines('export const now = () => Date.now();'));
  const { loaded, refused } = await loadFolder(folder, kit);
  expect(loaded.map(({ spec }) => spec.id)).toEqual(['api.v1', 'web.v1', 'web.v2']);
  expect(refused.map(({ file, problems }) => [file, problems[0]?.where])).toEqual([[join(folder, 'wrong.ts'), 'wrong.ts:3']]);
});
