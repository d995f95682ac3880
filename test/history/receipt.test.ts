import { expect, test } from 'vitest';
import type { AnyStrategy } from '../../src/domain/deployment/kit/strategy.ts';
import { canary } from '../../src/domain/deployment/strategies/canary.ts';
import { streamOf } from '../../src/domain/kernel/ids.ts';
import type { DeploymentReceipt } from '../../src/domain/ports/receipt.ts';
import { arrayPast } from '../../src/history/arrayPast.ts';
import { canonicalJson } from '../../src/history/canonicalJson.ts';
import { receiptsOf } from '../../src/history/receipt/receipts.ts';
import { simulate } from '../simulation/simulate.ts';
import type { SimulatedWorld } from '../simulation/world.ts';
import { cluster, comesToRest, deploy } from '../support/stories.ts';
import { factsOf, pastOf } from './recorded.ts';

const web = (version: number, more: Readonly<Record<string, unknown>> = {}) => ({
  id: '/web',
  cmd: `serve ${version}`,
  cpus: 1,
  mem: 64,
  instances: 3,
  env: { TOKEN: `hunter${version}` },
  ...more,
});
const receiptOf = (world: SimulatedWorld, id: string) => {
  const made = receiptsOf(pastOf(world)).of(id);
  if (made === undefined) throw new Error(`no receipt of ${id}`);
  return { ...made, receipt: made.receipt as DeploymentReceipt };
};
const say = (world: SimulatedWorld, id: string, command: object) => world.submit(streamOf('deployment', id), command as never);

test('a receipt says who asked, what changed, how it went and what was started and stopped where', async () => {
  const world = await cluster(3);
  await deploy(world, web(1));
  await comesToRest(world);
  const { deployment } = await deploy(world, web(2));
  await say(world, deployment, { type: 'PauseDeployment', reason: 'lunch' });
  await world.pass(60_000);
  await say(world, deployment, { type: 'ResumeDeployment' });
  await comesToRest(world);
  const { receipt, canonical, mermaid, sealed } = receiptOf(world, deployment);
  expect(receipt).toMatchObject({
    form: 'wharf.receipt.v1',
    deployment,
    app: '/web',
    asked: { by: 'operator', command: 'DeployApp' },
    strategy: { name: 'rolling', id: 'rolling.v2' },
    definition: { fields: [{ field: 'cmd', from: 'serve 1', to: 'serve 2' }] },
    outcome: { outcome: 'succeeded' },
    said: [
      { type: 'DeploymentPaused', by: 'operator', data: { reason: 'lunch' } },
      { type: 'DeploymentResumed', by: 'operator' },
    ],
  });
  expect(sealed).toEqual(['env.TOKEN']);
  expect(receipt.started).toHaveLength(3);
  expect(receipt.stopped).toHaveLength(3);
  expect(receipt.started.every(({ node, version }) => /^n[123]$/.test(node ?? '') && version === receipt.to?.configVersion)).toBe(true);
  expect(receipt.stopped.every(({ version }) => version === receipt.previous?.configVersion)).toBe(true);
  expect(receipt.phases.map(({ state }) => state)).toContain('active.rolling');
  expect(mermaid).toMatch(/^stateDiagram-v2/);
  expect(canonical).toBe(canonicalJson(receipt));
  expect(canonical).not.toContain('hunter');
});

test('a receipt is the same at any later moment, whatever happened since; one that is under way is none yet', async () => {
  const world = await cluster(3);
  await deploy(world, web(1));
  await comesToRest(world);
  const { deployment } = await deploy(world, web(2));
  const early = receiptOf(world, deployment);
  expect([early.canonical, early.receipt.lastPosition, early.receipt.outcome]).toEqual([undefined, undefined, undefined]);
  await comesToRest(world);
  const made = receiptOf(world, deployment);
  await deploy(world, web(3));
  await comesToRest(world);
  await world.submit(streamOf('app', '/web'), { type: 'DestroyApp', deployment: world.ids.next(), force: false } as never);
  await comesToRest(world);
  expect(receiptOf(world, deployment).canonical).toBe(made.canonical);
  const receipts = receiptsOf(pastOf(world));
  const last = made.receipt.lastPosition ?? 0;
  expect(receipts.of(deployment, last)?.canonical).toBe(made.canonical);
  expect(receipts.of(deployment, last - 1)?.canonical).toBeUndefined();
  expect(receipts.of(deployment, made.receipt.firstPosition - 1)).toBeUndefined();
});

test('what a receipt hashes does not depend on keys that may be destroyed', async () => {
  const world = await cluster(3);
  await deploy(world, web(1));
  await comesToRest(world);
  const { deployment } = await deploy(world, web(2));
  await comesToRest(world);
  const shredded = JSON.parse(JSON.stringify(factsOf(world)).replaceAll(/"hunter\d"/g, '"[shredded]"'));
  const made = receiptsOf(arrayPast(shredded)).of(deployment);
  expect(made?.canonical).toBe(receiptOf(world, deployment).canonical);
  expect(made?.sealed).toEqual([]);
});

test('one that was taken over from has a receipt too, with who took over', async () => {
  const world = await cluster(3);
  await deploy(world, web(1));
  await comesToRest(world);
  const first = await deploy(world, web(2));
  await world.pass(100);
  const second = await deploy(world, web(3), { force: true });
  await comesToRest(world);
  const lost = receiptOf(world, first.deployment);
  expect(lost.receipt.outcome).toMatchObject({ outcome: 'cancelled' });
  expect(lost.canonical).toBeDefined();
  expect(receiptOf(world, second.deployment).receipt).toMatchObject({ supersedes: first.deployment, outcome: { outcome: 'succeeded' } });
});

test.each([12, 13, 14])('every deployment of seed %i that ended has one receipt, at its end and for ever', async (seed) => {
  const { world } = await simulate(seed);
  const facts = factsOf(world);
  const began = facts.flatMap(({ fact }) =>
    fact.type === 'DeploymentBegan' ? [(fact as unknown as { deployment: string }).deployment] : [],
  );
  expect(began.length).toBeGreaterThan(0);
  const past = arrayPast(facts);
  const later = receiptsOf(past);
  const running = new Set(
    past
      .views(past.head())
      .deployments.running()
      .map(({ id }) => id),
  );
  for (const id of began) {
    const made = later.of(id);
    expect(made, id).toBeDefined();
    const last = made?.receipt.lastPosition;
    const isRunning = running.has(id);
    expect([id, last === undefined]).toEqual([id, isRunning]);
    if (isRunning) continue;
    const then = receiptsOf(arrayPast(facts.filter(({ position }) => position <= (last ?? 0)))).of(id);
    expect(then?.canonical).toBe(made?.canonical);
  }
});

test('the rendering names everything, and keeps what came from outside in its cells', async () => {
  const world = await cluster(3);
  await deploy(world, web(1));
  await comesToRest(world);
  const { deployment } = await deploy(world, web(2, { labels: { note: 'a | b' } }));
  await comesToRest(world);
  const past = pastOf(world);
  const made = receiptsOf(past).of(deployment);
  if (made === undefined) throw new Error('no receipt');
  const text = receiptsOf(past).markdown(made, 'abc');
  for (const part of [
    `# Deployment ${deployment}`,
    '## Definition',
    '## Strategy',
    '```mermaid',
    '## Phases',
    '## Started',
    '## Asked to stop',
    '`abc`',
  ])
    expect(text).toContain(part);
  expect(text).toContain('a \\| b');
  expect(text).not.toContain('hunter');
});

test('canonical JSON has one order of keys and nothing that is undefined', () => {
  expect(canonicalJson({ b: [1, undefined, { d: undefined, c: 'x' }], a: null })).toBe('{"a":null,"b":[1,null,{"c":"x"}]}');
});

test('an operator’s strategy is named by the hash of its text, and drawn from the log', async () => {
  const world = await cluster(3);
  const facts = factsOf(world);
  await deploy(world, web(1));
  await comesToRest(world);
  const { deployment } = await deploy(world, web(2));
  await comesToRest(world);
  const registration = {
    type: 'StrategyRegistered',
    id: 'waves.v3',
    name: 'waves',
    version: 3,
    sha256: 'f00d',
    source: 'the text',
    file: 'waves.ts',
  };
  const renamed = JSON.parse(JSON.stringify(factsOf(world)).replaceAll('"rolling.v2"', '"waves.v3"'));
  const [first] = facts;
  const past = arrayPast([{ ...first, position: 0, stream: 'strategy-waves', fact: registration } as never, ...renamed]);
  const asked: unknown[] = [];
  const made = receiptsOf(past, (source, id) => {
    asked.push([source, id]);
    return canary as unknown as AnyStrategy;
  }).of(deployment);
  expect(made?.receipt).toMatchObject({ strategy: { id: 'waves.v3', sha256: 'f00d', file: 'waves.ts' } });
  expect(asked).toEqual([['the text', 'waves.v3']]);
  expect(made?.mermaid).toContain('stateDiagram-v2');
  expect(receiptsOf(past).of(deployment)?.mermaid).toBeUndefined();
  expect(receiptsOf(past).of(deployment)?.canonical).toBe(made?.canonical);
});
