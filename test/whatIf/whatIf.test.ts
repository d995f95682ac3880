import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { SHREDDED } from '../../src/domain/kernel/codec.ts';
import type { Past } from '../../src/domain/ports/past.ts';
import { arrayPast } from '../../src/history/arrayPast.ts';
import { loadStrategyOrPolicy } from '../../src/strategyFiles.ts';
import type { Changes, Span } from '../../src/whatIf/play.ts';
import { whatIf } from '../../src/whatIf/whatIf.ts';
import { MORNING, recordedCluster, web } from '../support/sandbox.ts';
import { temporaryFolder } from '../support/temporaryFolder.ts';

/** A day with a rolling update, a crash, a lost node, a failing version, and what people did about it. */
const day = async (): Promise<Past> => {
  const closing: (() => Promise<void>)[] = [];
  const cluster = await recordedCluster({ nodes: 5, onEnd: (close) => closing.push(close) });
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
  const past = cluster.past();
  for (const close of closing) await close();
  return past;
};

const spanOf = (past: Past, from = MORNING + 60_000): Span => {
  const at = past.fact(past.head())?.meta.at ?? 0;
  return { from: { position: past.positionAt(from), at: from }, to: { position: past.head(), at } };
};

describe('what if', () => {
  let past: Past;
  beforeAll(async () => {
    past = await day();
  });
  const tried = (changes: Changes) => whatIf(past, spanOf(past), { changes });
  const policyIn = async (text: string): Promise<Changes> => {
    const file = join(temporaryFolder(), 'policy.ts');
    writeFileSync(file, text);
    return loadStrategyOrPolicy(file);
  };

  test('nothing had been changed: the replay is what was recorded, placements, faults and outcomes', async () => {
    const { report, facts } = await tried({});
    expect(report.requests).toBe(4);
    expect(report.hostEvents).toBe(2);
    const { closeness } = report;
    expect(closeness).toMatchObject({ share: 1, notReplayed: {}, otherwise: [], deployments: { recorded: 4, equal: 4 } });
    expect(closeness.placements).toBeGreaterThan(20);
    expect(report.placements.moved).toEqual([]);
    expect(JSON.stringify(facts.whatIf)).toBe(JSON.stringify(facts.baseline));
    expect(report.baseline.failures).toBeGreaterThan(2);
  });

  test('another placement policy is tried: placements move, and twice is the same to the bit', async () => {
    const changes = await policyIn(
      `import type { PlacementPolicy } from 'wharfinger/strategy';
       const policy: PlacementPolicy = { name: 'pack', weights: { pack: 1 }, filter: (node) => node.id !== 'n5' };
       export default policy;`,
    );
    const [one, same] = [await tried(changes), await tried(changes)];
    expect(same.report).toEqual(one.report);
    expect(JSON.stringify(same.facts)).toBe(JSON.stringify(one.facts));
    expect(one.report.changed).toEqual(['placement by pack']);
    expect(one.report.placements.moved.length).toBeGreaterThan(0);
    const placedOn = (type: 'baseline' | 'whatIf') =>
      one.facts[type].flatMap(({ fact }) => (fact.type === 'InstancePlaced' ? [(fact as unknown as { node: string }).node] : []));
    expect(placedOn('baseline')).toContain('n5');
    expect(placedOn('whatIf')).not.toContain('n5');
  });

  test('a policy that answers no number is said to, and one that breaks a rule is refused with the line', async () => {
    await expect(tried(await policyIn('export default { score: () => "best" };'))).rejects.toThrow("the policy's score answered best");
    await expect(policyIn('export default { score: () => Math.random() };')).rejects.toThrow(/policy\.ts:1.*dice/);
    await expect(policyIn('export default { weights: { luck: 1 } };')).rejects.toThrow('weights.luck: there are spread, load, pack');
  });

  test('a node had not been there: what ran on it is elsewhere, and its faults are nobody’s', async () => {
    const { report, facts } = await tried({ without: ['n2'] });
    expect(report.changed).toEqual(['without node n2']);
    expect(facts.whatIf.some(({ fact }) => fact.type === 'NodeBecameUnreachable')).toBe(false);
    expect(facts.baseline.some(({ fact }) => fact.type === 'NodeBecameUnreachable')).toBe(true);
    expect(report.placements.moved.every(({ to }) => to !== 'n2')).toBe(true);
    expect(report.whatIf.utilisation.cpus.mean).toBeGreaterThan(report.baseline.utilisation.cpus.mean);
  });

  test('with bodies of requests that no key opens any more, commands are read off the facts that they led to', async () => {
    const facts = [...past.between(0, past.head())].map((recorded) =>
      recorded.fact.type === 'RequestReceived' ? { ...recorded, fact: { ...recorded.fact, body: SHREDDED } } : recorded,
    );
    const { report } = await whatIf(arrayPast(facts), spanOf(past), { changes: {} });
    expect(report.closeness.otherwise).toEqual([]);
    expect(report.closeness.notReplayed).toEqual({});
    expect(report.closeness.share).toBeGreaterThan(0.9);
  });

  test('there had been one more node: some are placed there', async () => {
    const { report } = await tried({ add: [{ id: 'n6', like: 'n3' }] });
    expect(report.placements.moved.some(({ to }) => to === 'n6')).toBe(true);
    await expect(tried({ add: [{ id: 'n6', like: 'n9' }] })).rejects.toThrow("there was no node 'n9' that 'n6' could be like");
    await expect(tried({ without: ['n9'] })).rejects.toThrow("there was no node 'n9' in the pool");
  });

  test('deployments had gone by another strategy: the one that everybody survived takes another way', async () => {
    const { report, facts } = await tried({ strategy: 'bluegreen' });
    const began = facts.whatIf.flatMap(({ fact }) =>
      fact.type === 'DeploymentBegan' ? [(fact as unknown as { strategy: string }).strategy] : [],
    );
    expect(began).toContain('bluegreen');
    expect(report.deployments.slower.length + report.deployments.faster.length).toBeGreaterThan(0);
    expect(report.deployments.wouldFail).toEqual([]);
  });

  test('time passes many times as fast as it did', async () => {
    const { speed } = await tried({});
    expect(speed.simulatedMs).toBe(2 * (spanOf(past).to.at - spanOf(past).from.at));
    expect(speed.times).toBeGreaterThan(0);
  });
});

test('too little room for what was asked: instances wait, and the report says why and for how long', async () => {
  const cluster = await recordedCluster({ nodes: 3 });
  await cluster.ask('POST', '/v2/apps', web({ cpus: 1, instances: 9 }));
  await cluster.pass(300);
  const past = cluster.past();
  const from = past.head();
  await cluster.ask('PUT', '/v2/apps//web', { instances: 12 });
  await cluster.pass(300);
  const whole = cluster.past();
  const at = (position: number) => whole.fact(position)?.meta.at ?? 0;
  const span: Span = { from: { position: from, at: at(from) }, to: { position: whole.head(), at: MORNING + 600_000 } };
  const { report } = await whatIf(whole, span, { changes: { without: ['n3'] } });
  expect(report.baseline.shortfalls.deferrals).toBe(0);
  expect(report.whatIf.shortfalls).toMatchObject({ leftUnplaced: 4, byReason: { cpus: expect.any(Number) } });
  expect(report.whatIf.waitingMinutes).toBeGreaterThan(report.baseline.waitingMinutes + 10);
  expect(report.deployments.wouldFail.map(({ whatIf }) => whatIf.outcome)).toEqual([undefined]);
});
