import type { FastifyInstance } from 'fastify';
import { beforeAll, describe, expect, test } from 'vitest';
import { createHttp } from '../../../../src/adapters/http/http.ts';
import { pastEngine } from '../../../../src/adapters/http/past/pastEngine.ts';
import { streamOf } from '../../../../src/domain/kernel/ids.ts';
import type { Recorded } from '../../../../src/domain/kernel/recorded.ts';
import type { NodeCommand } from '../../../../src/domain/node/node.commands.ts';
import { answersOf } from '../../../../src/history/answers.ts';
import { arrayPast } from '../../../../src/history/arrayPast.ts';
import { sentenceOf } from '../../../../src/projections/sentences.ts';
import { factsOf } from '../../../history/support.ts';
import { memoryLog } from '../../../support/memoryLog.ts';
import { cluster, deploy, ofWeb } from '../../../support/stories.ts';

let http: FastifyInstance;
let facts: readonly Recorded[] = [];
let [dead, waiting] = ['', ''];
let full = 0;

beforeAll(async () => {
  const world = await cluster(2, (n) => (n === 1 ? 'a' : 'b'));
  await deploy(world, { id: '/web', cmd: 'serve', cpus: 4, mem: 64, instances: 2, constraints: [['@zone', 'MAX_PER', '1']] });
  await world.pass(5000);
  const first = ofWeb(world)[0];
  dead = first?.id ?? '';
  world.controls(first?.node ?? '').crash(dead, { exitCode: 3, oom: false });
  await world.pass(30_000);
  full = factsOf(world).at(-1)?.position ?? 0;
  await world.submit(streamOf('node', 'n2'), { type: 'CordonNode', reason: 'new disk' } as NodeCommand);
  await deploy(world, { id: '/web', cmd: 'serve', cpus: 4, mem: 64, instances: 3, constraints: [['@zone', 'MAX_PER', '1']] });
  await world.pass(5000);
  waiting = ofWeb(world).find(({ state }) => state === 'requested')?.id ?? '';
  facts = factsOf(world);
  const past = arrayPast(facts);
  const clock = { now: () => (facts.at(-1)?.meta.at ?? 0) + 1000, schedule: () => () => {} };
  const { engine, from } = pastEngine({
    past,
    log: memoryLog({ from: facts as never }),
    clock,
    decode: (stored) => stored as never,
    strategyProblems: () => [],
  });
  http = createHttp({
    engine,
    answers: answersOf(past),
    asOf: { kind: 'here', past, clock, from },
    sentenceOf,
    auth: 'none',
    version: '0.0.1',
  });
  return () => http.close();
});

const ask = async (path: string) => {
  const answer = await http.inject({ method: 'GET', url: path, headers: { host: 'localhost' } });
  return { status: answer.statusCode, body: answer.json() };
};

describe('/v1/history/why', () => {
  test('answers with a paragraph, the way back and what followed', async () => {
    const { status, body } = await ask(`/v1/history/why?thing=${dead.slice(0, 8)}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({ thing: { kind: 'instance', id: dead }, question: 'why is it dead', chain: { origin: { kind: 'host' } } });
    expect(body.paragraph[0]).toContain('exited with code 3');
    expect(body.chain.steps[0]).toMatchObject({
      type: 'ContainerExited',
      by: 'engine',
      at: expect.stringMatching(/^2030-.*Z$/),
      stream: `instance-${dead}`,
    });
    expect(body.consequences.some(({ link }: { link: string }) => link === 'replaces')).toBe(true);
  });

  test('of a moment', async () => {
    const placed = facts.find(({ stream, fact }) => stream === `instance-${dead}` && fact.type === 'ContainerStarted');
    const { body } = await ask(`/v1/history/why?thing=${dead}&at=${placed?.position}`);
    expect(body).toMatchObject({ question: 'why is it here', position: placed?.position });
  });

  test.each([
    ['thing=/nothing', 404, /Nothing is recorded of '\/nothing'/],
    ['thing=%2399999', 404, /no fact/],
    ['', 422, /./],
    ['thing=/web&at=soon', 400, /soon/],
  ])('says what is wrong with %s', async (query, status, message) => {
    const answer = await ask(`/v1/history/why?${query}`);
    expect(answer.status).toBe(status);
    expect(JSON.stringify(answer.body)).toMatch(message);
  });
});

describe('/v1/history/why-not and /v1/history/why-waiting', () => {
  test('name the filters and the smallest change', async () => {
    const { body } = await ask('/v1/history/why-not?app=/web&node=n2');
    expect(body.failed.map(({ filter }: { filter: string }) => filter)).toEqual(['constraint', 'maintenance', 'cpus']);
    expect(body.smallest.map(({ kind }: { kind: string }) => kind)).toEqual(['raise-max-per', 'uncordon', 'lower']);
    const waits = (await ask('/v1/history/why-waiting?app=/web')).body;
    expect(waits.waiting).toMatchObject([
      { count: 1, instances: [waiting], nodes: 2, excluded: { constraint: 1, maintenance: 1 }, smallest: { node: 'n1' } },
    ]);
    expect((await ask(`/v1/history/why-waiting?app=/web&at=${full}`)).body.waiting).toEqual([]);
    expect(
      (await ask(`/v1/history/why-not?app=/web&node=n2&at=${full}`)).body.failed.map(({ filter }: { filter: string }) => filter),
    ).toEqual(['constraint', 'cpus']);
  });

  test('say what is not there', async () => {
    expect((await ask('/v1/history/why-not?app=/web&node=n9')).status).toBe(404);
    expect((await ask('/v1/history/why-not?app=/web')).status).toBe(422);
    expect((await ask('/v1/history/why-waiting?app=/nothing')).status).toBe(404);
  });
});

describe('/v1/history/decision', () => {
  test('opens a placement again, with what is left out', async () => {
    const { body } = await ask(`/v1/history/decision?instance=${dead}&without=constraint:@zone&without=cpus`);
    expect(body).toMatchObject({
      recorded: { considered: 2 },
      retraced: { how: 'exactly' },
      without: { left: { constraints: ['@zone'], filters: ['cpus'] } },
    });
    expect(body.nodes).toHaveLength(2);
    expect((await ask(`/v1/history/decision?instance=${waiting}&node=n2`)).body).toMatchObject({
      recorded: { excluded: { constraint: 1, maintenance: 1 } },
      nodes: [{ node: 'n2' }],
    });
  });

  test.each([
    ['without=luck', 422, /luck/],
    ['node=n9', 404, /n9/],
  ])('says what is wrong with %s', async (query, status, message) => {
    const answer = await ask(`/v1/history/decision?instance=${dead}&${query}`);
    expect(answer.status).toBe(status);
    expect(JSON.stringify(answer.body)).toMatch(message);
  });

  test('is of instances only', async () => expect((await ask('/v1/history/decision?instance=/web')).status).toBe(422));
});
