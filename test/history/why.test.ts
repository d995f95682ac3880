import { either as E } from 'fp-ts';
import { expect, test } from 'vitest';
import { phaseOf } from '../../src/domain/instance/instance.states.ts';
import type { Command } from '../../src/domain/kernel/decider.ts';
import { streamOf } from '../../src/domain/kernel/ids.ts';
import type { Consequence, Why } from '../../src/domain/ports/why.ts';
import { answersOf } from '../../src/history/answers.ts';
import { arrayPast } from '../../src/history/arrayPast.ts';
import type { SimulatedWorld } from '../simulation/world.ts';
import { cluster, comesToRest, deploy, ofWeb, ready, viewsOf } from '../support/stories.ts';
import { answersIn, factsOf, told } from './support.ts';

/* What `why` says of things in real runs of the engine over simulated hosts. */

const web = (more: Readonly<Record<string, unknown>> = {}) => ({ id: '/web', cmd: 'serve', cpus: 1, mem: 64, instances: 2, ...more });
const whyOf = (world: SimulatedWorld, thing: string, position?: number): Why => {
  const { why, past } = answersIn(world);
  return told(why.why(thing, position ?? past.head()));
};
const typesIn = ({ chain }: Pick<Why, 'chain'>): readonly string[] => chain.steps.map(({ type }) => type);
const tell = (world: SimulatedWorld, noun: string, key: string, command: Command) => world.submit(streamOf(noun, key), command);
const flat = (all: readonly Consequence[]): readonly Consequence[] => all.flatMap((each) => [each, ...flat(each.consequences)]);

const running = async (more: Readonly<Record<string, unknown>> = {}) => {
  const world = await cluster(3);
  const { deployment } = await deploy(world, web(more));
  await world.pass(5000);
  expect(ready(world).length).toBeGreaterThan(0);
  return { world, deployment, first: ready(world)[0] as NonNullable<ReturnType<typeof ready>[0]> };
};

test('a live instance is where its placement says, and goes back to the request of whoever deployed it', async () => {
  const { world, deployment, first } = await running();
  const answer = whyOf(world, first.id);
  expect(answer).toMatchObject({ question: 'why is it here', thing: { kind: 'instance', id: first.id }, state: 'running.unchecked' });
  expect(typesIn(answer)).toEqual(['InstancePlaced', 'InstanceRequested', 'DeploymentStarted', 'DeploymentBegan', 'RequestReceived']);
  expect(answer.chain.origin).toMatchObject({ kind: 'request', by: 'operator', command: 'DeployApp' });
  expect(answer.paragraph.join(' ')).toContain(`It is on node ${first.node} because that had the lowest score`);
  expect(answer.paragraph.join(' ')).toContain(`It was wanted by deployment ${deployment}`);
  expect(flat(answer.consequences).map(({ type }) => type)).toContain('ContainerStarted');
});

test('every form of an id means the same, a beginning too, and what may mean several is said', async () => {
  const { world, first } = await running();
  const whole = whyOf(world, first.id);
  for (const name of [first.id.slice(0, 8), `web.instance-${first.id}`, `web.instance-${first.id}._app.1`, first.id.toUpperCase()])
    expect(whyOf(world, name)).toEqual(whole);
  const { why, past } = answersIn(world);
  const views = past.views(past.head());
  const alike = ['abc1', 'abc2'].map((id) => ({ id }) as never);
  const two = { ...past, views: () => ({ ...views, instances: { ...views.instances, all: () => alike } }) };
  expect(answersOf(two).why.why('abc', past.head())).toMatchObject({
    left: { code: 'ambiguous', message: "'abc' may be any of 2; give more of it", details: ['instance abc1', 'instance abc2'] },
  });
  expect(why.why('nothing', past.head())).toMatchObject({ left: { code: 'not-found' } });
  expect(why.why('/nothing', past.head())).toMatchObject({ left: { code: 'not-found' } });
  expect(why.why('000', past.head())).toMatchObject({ left: { code: 'not-found' } });
  expect(why.why('#999999', past.head())).toMatchObject({ left: { code: 'not-found' } });
});

test('one that exited is dead because of that, which a host told, and its replacement is among the consequences', async () => {
  const { world, first } = await running();
  world.controls(first.node ?? '').crash(first.id, { exitCode: 137, oom: true });
  await world.pass(30_000);
  const answer = whyOf(world, first.id);
  expect(answer.question).toBe('why is it dead');
  expect(answer.paragraph[0]).toContain('out of memory');
  expect(answer.paragraph[0]).toContain(`It was on node ${first.node}.`);
  expect(answer.chain.origin).toMatchObject({ kind: 'host' });
  const next = ready(world).find(({ slot }) => slot === first.slot);
  const replaced = flat(answer.consequences).find(({ link }) => link === 'replaces');
  expect(replaced).toMatchObject({ type: 'InstanceRequested', stream: streamOf('instance', next?.id ?? '') });

  const later = whyOf(world, next?.id ?? '');
  expect(later.question).toBe('why is it here');
  expect(later.paragraph.join(' ')).toContain(`in place of attempt 1, ${first.id}`);
  expect(later.paragraph.join(' ')).toContain('out of memory');
  expect(later.asides).toMatchObject([{ chain: { origin: { kind: 'host' } } }]);
  // It waited for its back-off, and goes back to the request all the same.
  expect(typesIn(later).slice(0, 4)).toEqual(['InstancePlaced', 'TimerElapsed', 'InstanceRequested', 'DeploymentEnded']);
  expect(later.chain.origin).toMatchObject({ kind: 'request', by: 'operator', command: 'DeployApp' });
});

test('a time that was up goes back to what it was counted from, also where no cause of it was recorded', async () => {
  const { world, first } = await running();
  world.controls(first.node ?? '').crash(first.id);
  await world.pass(30_000);
  const next = ready(world).find(({ slot }) => slot === first.slot);
  const facts = factsOf(world);
  for (const { fact, stream, meta } of facts)
    if (fact.type === 'TimerElapsed') expect(facts.find(({ id }) => id === meta.causationId)?.stream).toBe(stream);
  const older = facts.map((recorded) =>
    recorded.fact.type === 'TimerElapsed'
      ? { ...recorded, meta: { ...recorded.meta, causationId: recorded.meta.correlationId } }
      : recorded,
  );
  for (const each of [facts, older]) {
    const past = arrayPast(each);
    expect(typesIn(told(answersOf(past).why.why(next?.id ?? '', past.head())))).toContain('DeploymentEnded');
  }
});

test('one that a new version replaced is dead because somebody asked for the new version', async () => {
  const { world, first } = await running();
  const { deployment } = await deploy(world, web({ env: { V: '2' } }));
  await comesToRest(world);
  const answer = whyOf(world, first.id);
  expect(answer.question).toBe('why is it dead');
  expect(answer.paragraph[0]).toContain('as it was asked to');
  expect(answer.paragraph[0]).toContain('replaced by another version');
  expect(typesIn(answer).slice(0, 2)).toEqual(['ContainerExited', 'InstanceStopRequested']);
  expect(answer.chain.steps.some(({ stream }) => stream === streamOf('deployment', deployment))).toBe(true);
  expect(answer.chain.origin).toMatchObject({ kind: 'request', by: 'operator' });
});

test('before it died the same instance was simply there', async () => {
  const { world, first } = await running();
  const before = answersIn(world).past.head();
  world.controls(first.node ?? '').crash(first.id);
  await world.pass(5000);
  expect(whyOf(world, first.id).question).toBe('why is it dead');
  expect(whyOf(world, first.id, before).question).toBe('why is it here');
  expect(flat(whyOf(world, first.id, before).consequences).every(({ position }) => position <= before)).toBe(true);
});

test('one whose node is out of sight is so because of the node, and the node because nobody answered', async () => {
  const { world, first } = await running({ unreachableStrategy: { inactiveAfterSeconds: 20, expungeAfterSeconds: 600 } });
  world.controls(first.node ?? '').partition();
  await world.pass(15_000);
  const answer = whyOf(world, first.id);
  expect(answer.question).toBe('why is it out of sight');
  expect(typesIn(answer)).toEqual(['InstanceBecameUnreachable', 'NodeBecameUnreachable']);
  expect(answer.chain.origin).toMatchObject({ kind: 'host' });
  const node = whyOf(world, first.node ?? '');
  expect(node.question).toBe('why is it unreachable');
  expect(flat(node.consequences).map(({ stream }) => stream)).toContain(streamOf('instance', first.id));
});

test('one on a node that was removed is lost because somebody removed the node', async () => {
  const { world, first } = await running();
  await tell(world, 'node', first.node ?? '', { type: 'RemoveNode', reason: 'sold' } as never);
  await world.pass(1000);
  const answer = whyOf(world, first.id);
  expect(answer.paragraph[0]).toContain('sold');
  expect(typesIn(answer)).toEqual(['InstanceLost', 'NodeRemoved', 'RequestReceived']);
  expect(answer.chain.origin).toMatchObject({ kind: 'request', by: 'operator', command: 'RemoveNode' });
  expect(whyOf(world, first.node ?? '').question).toBe('why is it gone');
});

test('a cordoned node says who cordoned it and why', async () => {
  const { world } = await running();
  await tell(world, 'node', 'n2', { type: 'CordonNode', reason: 'new disk' } as never);
  const answer = whyOf(world, 'n2');
  expect(answer.question).toBe('why does it take nothing new');
  expect(answer.paragraph.join(' ')).toMatch(/new disk.*operator, who asked for CordonNode/);
});

test('one that finds no place waits because of the filters that were recorded', async () => {
  const world = await cluster(2);
  await deploy(world, web({ cpus: 5, instances: 3 }));
  await world.pass(5000);
  const waiting = ofWeb(world).find(({ state }) => state === 'requested');
  const answer = whyOf(world, waiting?.id ?? '');
  expect(answer.question).toBe('why does it wait');
  expect(answer.paragraph.join(' ')).toContain('None of 2 nodes would do: cpus ruled out 2.');
  const app = ofWeb(world)[0]?.owner.slice('deployment-'.length) ?? '';
  const deployment = whyOf(world, app);
  expect(deployment.question).toBe('why does it wait');
  expect(deployment.paragraph.join(' ')).toContain('1 instance of it waits for a place');
  expect(deployment.paragraph.join(' ')).toContain('It wants 3 of the new version');
});

test('a deployment that waits for people says what it asks them', async () => {
  const { world } = await running();
  const policy = { strategy: 'bluegreen', parameters: { approve: true } };
  const { deployment } = await deploy(world, web({ env: { V: '2' }, deployment: policy }));
  await world.pass(10_000);
  const answer = whyOf(world, deployment);
  expect(answer.question).toBe('why does it wait');
  expect(answer.paragraph.join(' ')).toMatch(/It waits for somebody to approve: \S/);
  expect(answer.chain.origin).toMatchObject({ kind: 'request', by: 'operator' });
});

test('a deployment whose launches fail says so, names the last, and goes back to the request all the same', async () => {
  const { world } = await running();
  for (const node of ['n1', 'n2', 'n3']) world.controls(node).startFails('CommandNotFound', { times: Number.POSITIVE_INFINITY });
  const { deployment } = await deploy(world, web({ env: { V: '2' }, deployment: { strategy: 'rolling', maxFailures: 2 } }));
  for (let turn = 0; turn < 200 && viewsOf(world).deployments.get(deployment)?.endedAt === undefined; turn++) await world.pass(1000);
  const answer = whyOf(world, deployment);
  expect(answer.question).toBe('why did it fail');
  expect(answer.paragraph.join(' ')).toContain('too many launches');
  expect(answer.paragraph.join(' ')).toMatch(
    /launches of it failed that could be looked at; the last: Instance \S+ could not start: command/,
  );
  expect(answer.asides.length).toBeGreaterThan(0);
  expect(answer.chain.origin).toMatchObject({ kind: 'request', by: 'operator', command: 'DeployApp' });
  const failed = [...viewsOf(world).instances.endedOf('/web')].find(({ failure }) => failure?.type === 'CommandNotFound');
  const instance = whyOf(world, failed?.id ?? '');
  expect(instance.paragraph[0]).toContain('It never ran.');
  expect(instance.chain.origin).toMatchObject({ kind: 'request', by: 'operator' });
});

test('a deployment that somebody aborted says who', async () => {
  const { world } = await running();
  const policy = { strategy: 'bluegreen', parameters: { approve: true } };
  const { deployment } = await deploy(world, web({ env: { V: '2' }, deployment: policy }));
  await world.pass(10_000);
  await tell(world, 'deployment', deployment, { type: 'AbortDeployment', reason: 'wrong image' } as never);
  const going = whyOf(world, deployment);
  expect(going.paragraph.join(' ')).toContain('wrong image');
  expect(typesIn(going)).toEqual(['DeploymentAborted', 'RequestReceived']);
});

test('an app says what changed last, by whom, and a request what came of it', async () => {
  const { world } = await running();
  const { deployment } = await deploy(world, web({ env: { V: '2', SECRET: 'hidden' } }));
  await comesToRest(world);
  const answer = whyOf(world, '/web');
  expect(answer.paragraph.join(' ')).toContain('What differs from the version before: env.');
  expect(JSON.stringify(answer)).not.toContain('hidden');
  expect(answer.chain.origin).toMatchObject({ kind: 'request', by: 'operator', command: 'DeployApp' });
  const request = answer.chain.origin.kind === 'request' ? answer.chain.origin.id : '';
  const asked = whyOf(world, request);
  expect(asked.thing.kind).toBe('request');
  expect(flat(asked.consequences).map(({ type }) => type)).toEqual(
    expect.arrayContaining(['AppVersionAdded', 'DeploymentBegan', 'DeploymentStarted']),
  );
  expect(whyOf(world, deployment).question).toBe('why is it done');
});

test('any single fact can be asked for by its position', async () => {
  const { world, first } = await running();
  const { past } = answersIn(world);
  for (let position = 1; position <= past.head(); position++) {
    const answer = whyOf(world, `#${position}`);
    expect(answer.chain.steps[0]?.position).toBe(position);
    expect(answer.chain.origin.kind).not.toBe('too-far');
  }
  const placed = past.stream(streamOf('instance', first.id)).find(({ fact }) => fact.type === 'InstancePlaced');
  expect(whyOf(world, placed?.id ?? '').chain.steps[0]?.position).toBe(placed?.position);
});

test('no answer reads the whole log or its views for an id that is whole', async () => {
  const { world, first, deployment } = await running();
  const { past } = answersIn(world);
  const strict = {
    ...past,
    between: () => {
      throw new Error('the log was scanned');
    },
    views: () => {
      throw new Error('views were built');
    },
  };
  for (const thing of [first.id, deployment, '/web', 'n1', '#10'])
    expect(E.isRight(answersOf(strict).why.why(thing, past.head()))).toBe(true);
  expect(phaseOf(first.state)).toBe('ready');
});
