import { expect, test } from 'vitest';
import { importsOf, sourcesUnder } from '../support/sources.ts';
import { resolveImport, wrongArrow } from './arrows.ts';

test('every arrow of src points the right way', () => {
  const wrong = sourcesUnder('src').flatMap(({ path, text }) =>
    importsOf(text).flatMap(({ from, isType }) => {
      const to = resolveImport(path, from);
      const reason = wrongArrow(path, to, isType);
      return reason === undefined ? [] : [`${path} → ${to}: ${reason}`];
    }),
  );
  expect(wrong.join('\n')).toBe('');
});

test('import lines are read, of any shape', () => {
  const lines = [
    "import { a } from './a.ts';",
    "import type { B } from './b.ts';",
    "import {\n  c,\n  type C,\n} from './c.ts';",
    "export { d } from './d.ts';",
    "import './e.ts';",
    "const f = await import('./f.ts');",
  ];
  expect(lines.flatMap(importsOf)).toEqual([
    { from: './a.ts', isType: false },
    { from: './b.ts', isType: true },
    { from: './c.ts', isType: false },
    { from: './d.ts', isType: false },
    { from: './e.ts', isType: false },
    { from: './f.ts', isType: false },
  ]);
  expect(importsOf(lines.join('\n'))).toHaveLength(lines.length);
});

test.for([
  ['src/domain/kernel/codec.ts', 'src/domain/node/node.facts.ts'],
  ['src/domain/kernel/codec.ts', 'node:fs'],
  ['src/domain/node/node.decider.ts', 'src/domain/app/app.decider.ts'],
  ['src/domain/node/node.decider.ts', 'src/domain/app/app.chart.ts'],
  ['src/domain/node/node.decider.ts', 'src/adapters/clock/systemClock.ts'],
  ['src/domain/node/node.decider.ts', 'node:crypto'],
  ['src/domain/node/node.decider.ts', 'dockerode'],
  ['src/domain/ports/hosts.ts', 'src/domain/node/node.facts.ts'],
  ['src/actors/shell.ts', 'src/adapters/log/sqlite/sqliteLog.ts'],
  ['src/actors/shell.ts', 'src/projections/apps.ts'],
  ['src/projections/apps.ts', 'src/domain/app/app.decider.ts'],
  ['src/projections/apps.ts', 'src/actors/shell.ts'],
  ['src/adapters/hosts/docker/dockerHost.ts', 'src/adapters/hosts/process/processHost.ts'],
  ['src/adapters/hosts/docker/dockerHost.ts', 'src/adapters/log/subscribers.ts'],
  ['src/adapters/hosts/docker/dockerHost.ts', 'src/actors/shell.ts'],
  ['src/adapters/http/server.ts', 'src/main.ts'],
] as const)('%s may not import %s', ([from, to]) => {
  expect(wrongArrow(from, to, false)).toEqual(expect.any(String));
});

test.for([
  ['src/main.ts', 'src/adapters/hosts/docker/dockerHost.ts'],
  ['src/domain/node/node.decider.ts', 'src/domain/kernel/refusal.ts'],
  ['src/domain/deployment/deployment.facts.ts', 'src/domain/app/app.facts.ts'],
  ['src/domain/nouns.ts', 'src/domain/app/app.decider.ts'],
  ['src/actors/shell.ts', 'src/domain/nouns.ts'],
  ['src/adapters/log/sqlite/sqliteLog.ts', 'src/adapters/log/subscribers.ts'],
  ['src/adapters/log/sqlite/sqliteLog.ts', 'node:sqlite'],
] as const)('%s may import %s', ([from, to]) => {
  expect(wrongArrow(from, to, false)).toBeUndefined();
});
