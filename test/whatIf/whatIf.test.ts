import { describe, expect, test } from 'vitest';
import type { Past } from '../../src/domain/ports/past.ts';
import type { Changes, Span } from '../../src/whatIf/play.ts';
import { whatIf } from '../../src/whatIf/whatIf.ts';
import { MORNING, recordedCluster, web } from '../support/sandbox.ts';

/** A day with a rolling update, a crash, a lost node, a failing version, and what people did about it. */
const day = async (): Promise<Past> => {
  const cluster = await recordedCluster({ nodes: 5 });
  const { fork, ask, pass } = cluster;
  await ask('POST', '/v2/apps', web());
  await ask('POST', '/v2/apps', web({ id: '/api', instances: 3, constraints: [['rack', 'GROUP_BY']] }));
  await pass(120);
  await ask('PUT', '/v2/apps//web', { cmd: 'exec serve --two' });
  await pass(120);
  const [victim] = fork.engine.views.instances.ofApp('/web');
  fork.controls(victim?.node ?? '').crash(victim?.id ?? '');
  await pass(60);
  fork.controls('n2').partition();
  await pass(600);
  fork.controls('n2').heal();
  await pass(120);
  await ask('PUT', '/v2/apps//web', { instances: 7 });
  await pass(60);
  await ask('PUT', '/v2/apps//api', { cmd: 'sleep 2; exit 3' });
  await pass(90);
  const [deployment] = fork.engine.views.deployments.runningOf('/api');
  await ask('DELETE', `/v2/deployments/${deployment?.id}`);
  await pass(600);
  return cluster.past();
};

const spanOf = (past: Past, from = MORNING + 60_000): Span => {
  const at = past.fact(past.head())?.meta.at ?? 0;
  return { from: { position: past.positionAt(from), at: from }, to: { position: past.head(), at } };
};

const tried = async (past: Past, changes: Changes) => whatIf(past, spanOf(past), { changes });

describe('what if', () => {
  test('nothing had been changed: the replay is what was recorded', async () => {
    const past = await day();
    const { report, facts } = await tried(past, {});
    expect(report.requests).toBeGreaterThanOrEqual(4);
    expect(report.closeness.notReplayed).toEqual({});
    expect(report.closeness.otherwise).toEqual([]);
    console.log(JSON.stringify(report, undefined, 1));
    const recorded = [...past.between(spanOf(past).from.position, past.head())];
    const story = (all: readonly (typeof recorded)[number][]) =>
      all.map(({ stream, fact, meta }) => `${(meta.at - MORNING) / 1000} ${stream} ${fact.type} ${'node' in fact ? fact.node : ''}`);
    const { writeFileSync } = await import('node:fs');
    writeFileSync('/tmp/rec.txt', story(recorded).join('\n'));
    writeFileSync('/tmp/rep.txt', story(facts.baseline).join('\n'));
    expect(report.closeness.share).toBeGreaterThan(0.9);
    expect(report.placements.moved).toEqual([]);
  });
});
