import { expect } from 'vitest';
import type { Json } from '../../support/api.ts';
import type { Case } from '../case.ts';
import { all, app, asked, done, failing, type Stage, settled, steady } from '../stage.ts';

type Constraint = readonly [field: string, operator: string, value?: string];

/** How many tasks of an app there are in each rack, the most first. */
const spread = async ({ api }: Stage, id: string): Promise<Readonly<Record<string, number>>> => {
  const { tasks } = await api.get(`/v2/apps${id}/tasks`);
  const { nodes } = await api.get('/v1/nodes');
  const rackOf = new Map(nodes.map((node: Json) => [node.id, node.attributes.rack ?? 'none']));
  const racks = Map.groupBy(tasks, (task: Json) => rackOf.get(task.slaveId) as string);
  return Object.fromEntries([...racks].map(([rack, own]) => [rack, own.length]));
};

const sizes = (counts: Readonly<Record<string, number>>): readonly number[] => Object.values(counts).sort((a, b) => b - a);

const placed = (
  when: string,
  constraints: readonly Constraint[],
  instances: number,
  look: (counts: Readonly<Record<string, number>>) => void,
): Case => {
  const id = `/pl/${when
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/-$/, '')}`;
  return {
    endpoint: 'POST /v2/apps',
    when: `${when}, ${instances} instances on racks r1 to r4 and one node of no rack`,
    ask: { to: 'POST /v2/apps', body: app(id, { instances, constraints }) },
    answers: { status: 201 },
    after: async (stage) => {
      const { instances: rows, apps } = stage.engine.views;
      // All of them are there, or have been looked for a place for.
      await stage.until(() => {
        const own = rows.ofApp(id);
        const isSettled = own.every(({ state, deferred }) => state.startsWith('running') || deferred !== undefined);
        return apps.get(id)?.deployment === undefined || (own.length === instances && isSettled);
      });
      look(await spread(stage, id));
    },
  };
};

const constrained: readonly Case[] = [
  placed('GROUP_BY 2', [['rack', 'GROUP_BY', '2']], 5, (counts) => expect(sizes(counts)).toEqual([3, 2])),
  placed('GROUP_BY 4', [['rack', 'GROUP_BY', '4']], 5, (counts) => expect(sizes(counts)).toEqual([2, 1, 1, 1])),
  placed(
    'GROUP_BY 4 where only two racks are possible',
    [
      ['rack', 'GROUP_BY', '4'],
      ['rack', 'LIKE', 'r[12]'],
    ],
    5,
    (counts) => expect(sizes(counts)).toEqual([2, 1]),
  ),
  placed('GROUP_BY', [['rack', 'GROUP_BY']], 6, (counts) => expect(sizes(counts)).toEqual([2, 2, 1, 1])),
  placed('UNIQUE', [['rack', 'UNIQUE']], 5, (counts) => expect(counts).toEqual({ r1: 1, r2: 1, r3: 1, r4: 1 })),
  placed('MAX_PER 2', [['rack', 'MAX_PER', '2']], 9, (counts) => expect(counts).toEqual({ r1: 2, r2: 2, r3: 2, r4: 2 })),
  placed('CLUSTER', [['rack', 'CLUSTER']], 4, (counts) => expect(sizes(counts)).toEqual([4])),
  placed('CLUSTER r3', [['rack', 'CLUSTER', 'r3']], 3, (counts) => expect(counts).toEqual({ r3: 3 })),
  placed('IS r2', [['rack', 'IS', 'r2']], 3, (counts) => expect(counts).toEqual({ r2: 3 })),
  placed('LIKE r[12]', [['rack', 'LIKE', 'r[12]']], 4, (counts) => {
    for (const rack of Object.keys(counts)) expect(['r1', 'r2']).toContain(rack);
    expect(sizes(counts).reduce((sum, each) => sum + each)).toBe(4);
  }),
  placed('UNLIKE .*, which only a node without the attribute satisfies', [['rack', 'UNLIKE', '.*']], 2, (counts) =>
    expect(counts).toEqual({ none: 2 }),
  ),
];

const RUNNING = (id: string, instances: number) => ({ app: { id, instances, tasksRunning: instances } });

const scaling: readonly Case[] = [
  {
    endpoint: 'PUT /v2/apps/{id}',
    when: 'scaled down: GROUP_BY is kept even, from the largest group',
    given: steady('/pl/down', { instances: 8, constraints: [['rack', 'GROUP_BY', '2']] }),
    ask: { to: 'PUT /v2/apps/pl/down', body: { instances: 4 } },
    answers: { status: 200 },
    after: async (stage) => {
      await settled(stage, '/pl/down');
      expect(sizes(await spread(stage, '/pl/down'))).toEqual([2, 2]);
    },
  },
  ...(['YOUNGEST_FIRST', 'OLDEST_FIRST'] as const).map((killSelection): Case => {
    const id = `/pl/${killSelection === 'YOUNGEST_FIRST' ? 'youngest' : 'oldest'}`;
    return {
      endpoint: 'PUT /v2/apps/{id}',
      when: `scaled down: ${killSelection}`,
      given: async (stage) => {
        const { task = '' } = await steady(id, { killSelection })(stage);
        await done(id, `PUT /v2/apps${id}`, { instances: 2 })(stage);
        return { first: task };
      },
      ask: { to: `PUT /v2/apps${id}`, body: { instances: 1 } },
      answers: { status: 200 },
      after: async (stage, _, { first }) => {
        await settled(stage, id);
        const { tasks } = await stage.api.get(`/v2/apps${id}/tasks`);
        expect(tasks).toHaveLength(1);
        expect(tasks[0].id === first).toBe(killSelection === 'YOUNGEST_FIRST');
      },
    };
  }),
  {
    endpoint: 'PUT /v2/apps/{id}',
    when: 'what waits for a place goes before what runs',
    given: async (stage) => {
      const names = await all(
        steady('/pl/waiting', {
          instances: 2,
          constraints: [
            ['rack', 'IS', 'r1'],
            ['hostname', 'MAX_PER', '2'],
          ],
        }),
        asked('PUT /v2/apps/pl/waiting', { instances: 3 }),
      )(stage);
      await stage.until(() => stage.engine.views.instances.ofApp('/pl/waiting').some(({ deferred }) => deferred !== undefined));
      return names;
    },
    ask: { to: 'PUT /v2/apps/pl/waiting', body: { instances: 2 } },
    answers: { status: 200 },
    after: async (stage, _, { task, second }) => {
      await settled(stage, '/pl/waiting');
      const { tasks } = await stage.api.get('/v2/apps/pl/waiting/tasks');
      expect(tasks.map(({ id }: Json) => id).sort()).toEqual([task, second].sort());
    },
  },
];

const failures: readonly Case[] = [
  {
    endpoint: 'GET /v2/queue',
    when: 'back-off: first backoffSeconds, then times backoffFactor, up to maxLaunchDelaySeconds',
    given: async (stage) => {
      const fields = { cmd: 'exit 1', backoffSeconds: 1, backoffFactor: 1.5, maxLaunchDelaySeconds: 2 };
      await asked('POST /v2/apps', app('/pl/backoff', fields))(stage);
      const { instances } = stage.engine.views;
      const waits: number[] = [];
      while (waits.length < 3) {
        const ended = waits.length + 1;
        await stage.until(
          () =>
            instances.endedOf('/pl/backoff').length === ended &&
            instances.ofApp('/pl/backoff').some(({ notBefore }) => notBefore !== undefined),
        );
        const [waiting] = instances.ofApp('/pl/backoff').filter(({ notBefore }) => notBefore !== undefined);
        waits.push((waiting?.notBefore ?? 0) - (instances.endedOf('/pl/backoff').at(-1)?.endedAt ?? 0));
      }
      return { waits: waits.join(' ') };
    },
    ask: { to: 'GET /v2/queue' },
    answers: { status: 200 },
    after: (_, __, { waits }) => {
      // From the moment at which the end was told: a little after it ended.
      const told = waits?.split(' ').map(Number) ?? [];
      expect(told.map((wait) => Math.floor(wait / 500) * 500)).toEqual([1_000, 1_500, 2_000]);
    },
  },
  {
    endpoint: 'GET /v2/queue',
    when: 'a task that ended with 0 is started again like one that failed',
    given: failing('/pl/finished', { cmd: 'exit 0' }),
    ask: { to: 'GET /v2/queue' },
    answers: { status: 200 },
    after: (_, { queue }) => {
      const item = queue.find(({ app: { id } }: Json) => id === '/pl/finished');
      expect(item).toMatchObject({ count: 1, delay: { overdue: false } });
    },
  },
  {
    endpoint: 'PUT /v2/apps/{id}',
    when: 'another configuration does not wait for the back-off of the one before',
    given: failing('/pl/reset', { backoffSeconds: 100 }),
    ask: { to: 'PUT /v2/apps/pl/reset?force=true', body: { cmd: 'serve' } },
    answers: { status: 200 },
    after: async (stage) => {
      await settled(stage, '/pl/reset');
      expect(await stage.api.get('/v2/apps/pl/reset')).toMatchObject(RUNNING('/pl/reset', 1));
    },
  },
  {
    endpoint: 'PUT /v2/apps/{id}',
    when: 'instances of before are not counted by constraints: UNIQUE on one node does not stop an upgrade',
    given: steady('/pl/alone', {
      constraints: [
        ['rack', 'IS', 'r1'],
        ['hostname', 'UNIQUE'],
      ],
    }),
    ask: { to: 'PUT /v2/apps/pl/alone', body: { mem: 17 } },
    answers: { status: 200 },
    after: async (stage) => {
      await settled(stage, '/pl/alone');
      expect(await stage.api.get('/v2/apps/pl/alone')).toMatchObject({ app: { mem: 17, tasksRunning: 1 } });
    },
  },
];

export const placement: readonly Case[] = [...constrained, ...scaling, ...failures];
