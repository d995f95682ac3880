import { expect, test } from 'vitest';
import { codeOf, sourcesUnder } from '../support/sources.ts';

/** What would make a replay answer differently tomorrow, and what to do instead. */
const IMPURE: readonly (readonly [RegExp, string])[] = [
  [/\bDate\b/, 'the domain has no clock: time comes with the command, or as `at`'],
  [/\bMath\s*\.\s*random\b/, 'the domain has no dice: chance comes with the command'],
  [/\brandomUUID\b/, 'the domain makes no ids: they come with the command'],
  [/\bprocess\b/, 'the domain knows no process: what the environment says comes with the command'],
  [/\bconsole\b/, 'the domain says things by facts and refusals'],
  [/\bawait\b|\basync\b/, 'deciding waits for nobody: what is not known yet comes back as a command'],
  [
    /\bset(?:Timeout|Interval|Immediate)\b|\bqueueMicrotask\b/,
    'the domain has no timers: a state waits by `after`, and TimerElapsed is a fact',
  ],
  [/\bperformance\b|\bfetch\s*\(/, 'the domain measures nothing and asks nobody'],
];

const impuritiesOf = (path: string, text: string): readonly string[] =>
  codeOf(text)
    .split('\n')
    .flatMap((line, i) =>
      IMPURE.flatMap(([pattern, reason]) => (pattern.test(line) ? [`${path}:${i + 1}: ${line.trim()}: ${reason}`] : [])),
    );

test('replays give the same answer tomorrow: src/domain has no clock, no dice, no IO', () => {
  const found = sourcesUnder('src/domain').flatMap(({ path, text }) => impuritiesOf(path, text));
  expect(found.join('\n')).toBe('');
});

test.for([
  'const now = Date.now();',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the line under test is a template itself
  'const at = `${new Date()}`;',
  'const die = Math.random();',
  'const id = crypto.randomUUID();',
  'if (process.env.X) {}',
  "console.log('x');",
  'const read = async () => await file();',
  'setTimeout(go, 5);',
])('%s would be found', (line) => {
  expect(impuritiesOf('x.ts', line)).not.toEqual([]);
});

test.for([
  '/** A Date in prose. */',
  "const kind = 'process';",
  '// await the tide',
  'const text = `a process`;',
  'const updated = candidate;',
])('%s is no impurity', (line) => {
  expect(impuritiesOf('x.ts', line)).toEqual([]);
});
