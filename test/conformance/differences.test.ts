import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../support/sources.ts';
import { apps } from './cases/apps.ts';
import { access, clusters, crowded } from './cases/cluster.ts';
import { dcos } from './cases/dcos.ts';
import { deployments, limited } from './cases/deployments.ts';
import { EVENT_CASES } from './cases/events.ts';
import { fields, podFields } from './cases/fields.ts';
import { groups } from './cases/groups.ts';
import { health } from './cases/health.ts';
import { placement } from './cases/placement.ts';
import { pods } from './cases/pods.ts';
import { queue } from './cases/queue.ts';
import { restarts } from './cases/restarts.ts';
import { tasks } from './cases/tasks.ts';
import { DIFFERENCES, SHOWN_ELSEWHERE } from './differences.ts';

const GROUPS = {
  apps,
  access,
  clusters,
  crowded,
  dcos,
  deployments,
  events: EVENT_CASES,
  fields,
  groups,
  health,
  limited,
  placement,
  podFields,
  pods,
  queue,
  restarts,
  tasks,
};

const words = (text: string): string => text.replace(/\s+/g, ' ');
const [, told = ''] =
  /^### What is deliberately different from Marathon\n(.*?)(?=^#)/ms.exec(readFileSync(join(ROOT, 'README.md'), 'utf8')) ?? [];
const items = words(told.replace(/^- /gm, '\0')).split('\0').slice(1);

test.each(Object.entries(DIFFERENCES))('%s is told in the README', (_, reason) => {
  expect(words(told)).toContain(words(reason));
});

test.each(Object.entries(DIFFERENCES))('%s is shown by a case', (_, reason) => {
  expect(
    Object.values(GROUPS)
      .flat()
      .some(({ differs }) => differs === reason),
  ).toBe(true);
});

test('each difference that the README tells of is shown by a case, or by the test that is named', () => {
  const reasons = [...Object.values(DIFFERENCES), ...Object.keys(SHOWN_ELSEWHERE)].map(words);
  expect(items.length).toBeGreaterThan(20);
  expect(items.filter((item) => !reasons.some((reason) => item.includes(reason)))).toEqual([]);
});

test.each(Object.entries(SHOWN_ELSEWHERE))('"%s" is told in the README and shown by another test', (reason, { file, test: name }) => {
  expect(words(told)).toContain(words(reason));
  expect(readFileSync(join(ROOT, file), 'utf8')).toContain(`'${name}'`);
});

test('no two cases of a group are told by the same words, and none of two groups by the same endpoint and words', () => {
  for (const cases of Object.values(GROUPS)) {
    const told = cases.map((each) => `${'endpoint' in each ? each.endpoint : ''}: ${each.when}`);
    expect(told.filter((line, nth) => told.indexOf(line) < nth)).toEqual([]);
  }
});
