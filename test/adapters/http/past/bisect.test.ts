import { expect, test } from 'vitest';
import { answersOf } from '../../../../src/history/answers.ts';
import { arrayPast } from '../../../../src/history/arrayPast.ts';
import { type World, world } from '../world.ts';

const APP = { id: '/web', cmd: 'serve', cpus: 0.1, mem: 32, instances: 2 };

/** The same server over what the first one has recorded. */
const later = async ({ engine }: World): Promise<World> => world({ answers: answersOf(arrayPast(engine.memory.facts.map(engine.decode))) });

const asking = (query: Readonly<Record<string, string>>): string => `/v1/history/bisect?${new URLSearchParams(query)}`;

test('the change is told with its request and who asked', async () => {
  const before = await world();
  await before.steady(APP);
  const good = String(before.engine.log.head());
  await before.call('PUT', '/v2/apps//web', { body: { instances: 5 } });
  const { call } = await later(before);
  const bad = String(before.engine.log.head());
  const { status, body } = await call('GET', asking({ good, bad, assert: "apps['/web'].instances <= 2" }));
  expect(status).toBe(200);
  expect(body).toMatchObject({
    good: { position: Number(good) },
    bad: { position: Number(bad), at: expect.stringMatching(/^\d{4}-.*Z$/) },
    change: { type: 'AppVersionAdded', stream: 'app-/web', sentence: expect.stringContaining('5 instances') },
    request: { type: 'RequestReceived', sentence: expect.stringContaining('was asked for of /web') },
    byTime: false,
  });
  expect(body.firstBad.position).toBe(body.change.position);
  const very = await call('GET', asking({ good, bad, assert: "apps['/web'].instances <= 2", first: 'true' }));
  expect(very.body.firstBad).toEqual(body.firstBad);
});

test('what is wrong is named: the expression with its place, the moments, the ends', async () => {
  const before = await world();
  await before.steady(APP);
  const { call } = await later(before);
  const bad = String(before.engine.log.head());
  const refused = async (query: Readonly<Record<string, string>>) => {
    const { status, body } = await call('GET', asking({ good: '1', bad, assert: 'size(apps) > 9', ...query }));
    return [status, body.message];
  };
  expect(await refused({ assert: 'size(app) > 1' })).toEqual([400, "assert, character 6: nothing is called 'app'; did you mean 'apps'?"]);
  expect(await refused({ good: 'soon' })).toEqual([400, expect.stringMatching(/^good: 'soon' is no moment/)]);
  expect(await refused({ good: bad })).toEqual([400, expect.stringMatching(/^bad: #\d+ must come after/)]);
  expect(await refused({})).toEqual([422, 'good: the assertion fails already at #1']);
  expect(await refused({ assert: 'size(apps) < 9' })).toEqual([422, `bad: the assertion still holds at #${bad}`]);
  expect((await call('GET', '/v1/history/bisect?good=1&bad=2')).status).toBeGreaterThanOrEqual(400);
});
