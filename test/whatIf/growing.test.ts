import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { compareViews } from '../../src/history/verify/compareViews.ts';
import { openPast } from '../../src/openPast.ts';
import { createViews } from '../../src/projections/views.ts';
import { planDrain } from '../../src/whatIf/plans.ts';
import { whatIf } from '../../src/whatIf/whatIf.ts';
import { web } from '../support/sandbox.ts';
import { openSimulatedServer } from '../support/simulatedServer.ts';
import { temporaryFolder } from '../support/temporaryFolder.ts';

const opened = async () => {
  const dataDir = temporaryFolder();
  const server = await openSimulatedServer({ nodes: 3, dataDir });
  await server.api.ask('POST', '/v2/apps', web({ healthChecks: [] }));
  await server.atRest();
  await server.api.ask('PUT', '/v2/apps//web', { instances: 6 });
  await server.atRest();
  await server.api.ask('PUT', '/v2/apps//web', { cmd: 'exec serve --two' });
  await server.atRest();
  await server.close();
  const past = openPast({ file: join(dataDir, 'log.sqlite'), factsPerBoundary: 10 });
  onTestFinished(past.close);
  past.catchUp();
  return past;
};

test('views that go on from what was kept of a log are those that are folded from zero, now and after what comes next', async () => {
  const past = await opened();
  for (let position = 1; position < past.head(); position += 7) {
    const folded = createViews();
    folded.take([...past.between(0, position)]);
    const growing = past.growing?.(position);
    if (growing === undefined) throw new Error('nothing grows here');
    expect(growing.position()).toBe(position);
    const rest = [...past.between(position, past.head())];
    growing.take(rest);
    growing.take(rest);
    folded.take(rest);
    // The roster of one that goes on leaves out what had ended long ago.
    const differences = [...compareViews(growing, folded)].filter(({ view }) => view !== 'roster');
    expect(differences).toEqual([]);
    expect([...growing.discovery.ready()].map(({ app, ready }) => [app, [...ready].sort()])).toEqual(
      [...folded.discovery.ready()].map(({ app, ready }) => [app, [...ready].sort()]),
    );
    for (const row of growing.roster.all()) expect(row).toEqual(folded.roster.get(row.stream));
    const owing = [...folded.roster.all()].filter(({ owes, due }) => owes !== '' || due !== undefined).map(({ stream }) => stream);
    expect([...growing.roster.all()].map(({ stream }) => stream)).toEqual(expect.arrayContaining(owing));
  }
});

test('a what-if and a plan come out the same from either', async () => {
  const past = await opened();
  const { growing: _, ...folding } = past;
  const at = past.fact(past.head())?.meta.at ?? 0;
  const from = 20;
  const span = { from: { position: from, at: past.fact(from)?.meta.at ?? 0 }, to: { position: past.head(), at } };
  const [one, other] = [
    await whatIf(past, span, { changes: { without: ['berth-2'] } }),
    await whatIf(folding, span, { changes: { without: ['berth-2'] } }),
  ];
  expect(one.report).toEqual(other.report);
  expect(JSON.stringify(one.facts)).toBe(JSON.stringify(other.facts));
  expect(await planDrain(past, 'berth-1', { at })).toEqual(await planDrain(folding, 'berth-1', { at }));
});
