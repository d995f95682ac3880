import { describe, expect, test } from 'vitest';
import type { Client } from '../../../src/adapters/cli/client.ts';
import type { ToldFact } from '../../../src/adapters/cli/facts.ts';
import { type Course, watchDeployment } from '../../../src/adapters/cli/watch.ts';

const ID = '11111111-1111-4111-8111-111111111111';
const fact = (position: number, type: string, data: object = {}, more: Partial<ToldFact> = {}): ToldFact => ({
  position,
  stream: `deployment-${ID}`,
  type,
  at: '2031-05-04T10:00:00.000Z',
  by: 'engine',
  state: 'looking',
  data,
  ...more,
});
const started = fact(8, 'DeploymentStarted', { app: '/web' });
const released = fact(9, 'AppReleased', {}, { state: 'succeeded' });

/** An engine whose log ends at 7 when it is first asked; `recorded` is what each look at the deployment's stream finds, in turn. */
const engine = (options: { readonly recorded?: readonly ToldFact[][]; readonly runs: boolean; readonly next?: readonly ToldFact[] }) => {
  const { recorded = [], runs, next = [] } = options;
  let looks = 0;
  const client: Client = {
    asOf: () => undefined,
    where: 'here',
    ask: async (_method, path) => {
      const { searchParams, pathname } = new URL(path, 'http://engine');
      if (pathname === '/v2/deployments') return runs ? [{ id: ID }] : [];
      if (pathname === '/v2/queue') return { queue: [] };
      if (searchParams.get('limit') === '0') return { head: 7 };
      return { facts: searchParams.get('stream') === `deployment-${ID}` ? (recorded[looks++] ?? []) : [] };
    },
    read: async function* (path) {
      const after = Number(new URL(path, 'http://engine').searchParams.get('after'));
      for (const each of next) if (each.position > after) yield `data: ${JSON.stringify(each)}\r\n\r\n`;
    },
    find: async () => undefined,
    exchange: () => Promise.reject(new Error('not asked')),
    begin: () => Promise.reject(new Error('not asked')),
  };
  return client;
};

const courseOf = async (client: Client): Promise<readonly Pick<Course, 'app' | 'outcome' | 'why'>[]> => {
  const courses: Course[] = [];
  const { signal } = new AbortController();
  for await (const course of watchDeployment(client, ID, { signal, now: () => 0 })) courses.push(course);
  return courses.map(({ app, outcome, why }) => ({ app, ...(outcome && { outcome }), ...(why && { why }) }));
};

describe('a deployment that has the lock of its app and has recorded nothing itself', () => {
  test('is waited for, and followed to its end', async () => {
    expect(await courseOf(engine({ runs: true, next: [started, released] }))).toEqual([
      { app: '/web' },
      { app: '/web', outcome: 'succeeded' },
    ]);
  });

  test('is told as cancelled when another takes the app over before it began', async () => {
    const began = { stream: 'app-/web' };
    const others = [
      fact(8, 'DeploymentBegan', { deployment: 'a', supersedes: 'b' }, began),
      fact(9, 'DeploymentBegan', { deployment: 'c', supersedes: ID }, began),
    ];
    expect(await courseOf(engine({ runs: true, next: others }))).toEqual([{ app: '/web', outcome: 'cancelled', why: 'taken over by c' }]);
  });
});

test('a deployment that began and ended while it was asked for is found', async () => {
  expect(await courseOf(engine({ runs: false, recorded: [[], [started, released]] }))).toEqual([{ app: '/web', outcome: 'succeeded' }]);
});

test('a deployment that neither recorded anything nor runs is none', async () => {
  await expect(courseOf(engine({ runs: false }))).rejects.toThrow(`there is no deployment '${ID}'`);
});
