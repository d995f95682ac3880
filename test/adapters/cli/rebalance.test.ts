import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RealEngine, realEngine, sleeper } from './terminal.ts';

let engine: RealEngine;
let nodes: readonly string[];
/** All run on the first node; the second one came later. */
beforeAll(async () => {
  engine = await realEngine();
  await engine.wharf(['app', 'deploy', '-', '--wait'], { stdin: sleeper('/web') });
  await engine.wharf(['node', 'add', 'second', '--process', join(engine.dataDir, 'second'), '--ports', '20000-20099']);
  nodes = (await engine.wharf(['node', 'list', '--json'])).json.nodes.map(({ id }: { id: string }) => id);
});
afterAll(() => engine.end());

const first = (): string => nodes.find((id) => id !== 'second') ?? '';

test('a plan is shown as a table, and nothing is done', async () => {
  const { wharf, server } = engine;
  const head = server.engine.log.head();
  const shown = await wharf(['rebalance', '--goal', `empty=${first()}`]);
  expect(shown).toMatchObject({ code: 0, err: '' });
  expect(shown.out).toMatch(/^APP +SLOT +FROM +TO +WAVE +COST +GAIN$/m);
  expect(shown.out).toContain('nothing was changed: --apply does it');
  expect((await wharf(['rebalance', '--goal', `empty=${first()}`, '--json'])).json.moves[0]).toMatchObject({ app: '/web', to: 'second' });
  expect(server.engine.log.head()).toBe(head);
});

test('with --apply each move is told, and can be looked at afterwards', async () => {
  const { wharf } = engine;
  const done = await wharf(['rebalance', '--goal', `empty=${first()}`, '--apply']);
  expect(done).toMatchObject({ code: 0, err: '' });
  expect(done.out).toContain('move 1: done, on second');
  const id = /^rebalance (\S+) was completed: (\d+) of \2 moves? done, 0 skipped$/m.exec(done.out)?.[1] ?? '';
  const shown = await wharf(['rebalance', 'show', id]);
  expect(shown.out).toMatch(/^\/web +0 .* second +done/m);
  expect(await wharf(['rebalance', 'abort', id])).toMatchObject({ code: 0, out: expect.stringContaining('was completed') });
});

test.each([
  ['--goal', 'empty'],
  ['--goal', 'empty=n1,'],
  ['--goal', 'tidy'],
  ['--max-moves', '0'],
  ['--seed', 'x'],
])('%s %s is a mistake in the command line', async (option, value) => {
  const { code, err } = await engine.wharf(['rebalance', option, value]);
  expect([code, err]).toEqual([2, expect.stringContaining(`${option} ${value}`)]);
});
