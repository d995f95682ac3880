import { expect, test } from 'vitest';
import { answersOf } from '../../../../src/history/answers.ts';
import { sandboxesOf } from '../../../../src/whatIf/sandboxes.ts';
import { recordedCluster, web } from '../../../support/sandbox.ts';
import { simulatedServer } from '../../../support/simulatedServer.ts';
import { world } from '../world.ts';

test('a plan and a what-if are asked of the engine, and answered beside it', async () => {
  const server = await simulatedServer(3);
  await server.api.ask('POST', '/v2/apps', web({ healthChecks: [] }));
  await server.atRest();
  await server.api.ask('PUT', '/v2/apps//web', { instances: 6 });
  await server.atRest();
  const head = server.engine.log.head();
  const plan = await fetch(`${server.url}/v1/history/plan?what=drain&of=berth-1`);
  expect(await plan.json()).toMatchObject({
    what: 'drain berth-1',
    nodes: ['berth-1'],
    unplaced: [],
    moved: [{ from: 'berth-1' }, { from: 'berth-1' }],
  });
  const tried = await (await fetch(`${server.url}/v1/history/what-if?from=-5m&pack=1`)).text();
  const lines = tried
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines[0]).toHaveProperty('progress');
  expect(lines.at(-1)).toMatchObject({ report: { changed: ['placement by the weights asked for'], closeness: { otherwise: [] } } });
  expect(server.engine.log.head()).toBe(head);
});

test('what makes no sense is refused, naming it', async () => {
  const cluster = await recordedCluster({ nodes: 1 });
  const past = cluster.past();
  const { call } = await world({ answers: answersOf(past, { sandboxes: sandboxesOf(past) }) });
  expect((await call('GET', '/v1/history/plan?what=burn&of=n1')).status).toBe(422);
  expect(await call('GET', '/v1/history/what-if?from=yesterday')).toMatchObject({
    status: 400,
    body: { message: expect.stringMatching(/^from: /) },
  });
  const { call: without } = await world({ answers: answersOf(past) });
  expect((await without('GET', '/v1/history/plan?what=drain&of=n1')).status).toBe(503);
});
