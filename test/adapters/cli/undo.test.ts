import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RealEngine, realEngine, sleeper } from './terminal.ts';

let engine: RealEngine;
beforeAll(async () => {
  engine = await realEngine();
  await engine.wharf(['app', 'deploy', '-', '--wait'], { stdin: sleeper('/web') });
});
afterAll(() => engine.end());

test('a plan is shown as tables, and its exit code says whether it would go', async () => {
  const { wharf, server } = engine;
  const head = server.engine.log.head();
  const shown = await wharf(['app', 'deploy', '-', '--plan'], { stdin: sleeper('/web', { env: { RELEASE: '2' } }) });
  expect(shown).toMatchObject({ code: 0, err: '' });
  expect(shown.out).toContain('/web: changes, by rolling.v2, replacing instances');
  expect(shown.out).toMatch(/^env .* replaces$/m);
  expect(shown.out).toContain('ends: succeeded');
  const failing = await wharf(['app', 'deploy', '-', '--plan', '--json'], { stdin: sleeper('/web', { cpus: 10_000 }) });
  expect(failing.code).toBe(1);
  expect(failing.json.changes[0].problems).not.toEqual([]);
  expect(server.engine.log.head()).toBe(head);
});

test('an undo is shown first, and done with --yes', async () => {
  const { wharf } = engine;
  await wharf(['app', 'scale', '/web', '3', '--wait']);
  const shown = await wharf(['undo', 'last']);
  expect(shown.code).toBe(0);
  expect(shown.out).toContain('/web: deploy; goes back: instances');
  expect(shown.out).toContain('nothing was changed');
  expect(await wharf(['undo', 'last'], { ask: async () => 'n' })).toMatchObject({ code: 1, err: 'wharf: nothing was changed\n' });
  expect((await wharf(['undo', 'last', '--yes'])).code).toBe(0);
  expect((await wharf(['app', 'show', '/web', '--json'])).json.app.instances).toBe(2);
});
