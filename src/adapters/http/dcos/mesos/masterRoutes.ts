import { z } from 'zod';
import { count, minPosition } from '../../queries.ts';
import type { Server, Surroundings } from '../../surroundings.ts';
import { hostPort, leaderOf, MESOS_VERSION } from '../cluster.ts';
import { metricsSnapshot } from './metrics.ts';
import { rolesJson } from './roles.ts';
import { type Snapshot, snapshotOf } from './snapshot.ts';
import { agentsJson, frameworksJson, stateJson, summaryJson, taskJson } from './stateJson.ts';
import { pageOf } from './taskPages.ts';

/** Tasks of one page unless the client says otherwise; Mesos' own. */
const PAGE_TASKS = 100;
const PAGE_TASKS_MAX = 1_000_000;

const tags = ['mesos'];

const order = z
  .enum(['asc', 'des', 'desc'])
  .default('des')
  .transform((text) => (text === 'asc' ? 1 : -1));

/** What a Mesos master answers, told from the views: nodes are its agents, Marathon is its one framework. */
export const serveMaster = (server: Server, { engine }: Surroundings): void => {
  const read = <Q extends z.ZodRawShape>(
    name: string,
    summary: string,
    query: Q,
    answer: (snapshot: Snapshot, query: z.infer<z.ZodObject<Q>>) => unknown,
  ) =>
    server.route({
      method: 'GET',
      url: `/mesos/${name}`,
      schema: { summary, tags, querystring: z.object({ minPosition, ...query }) },
      handler: async (request) => answer(await snapshotOf(engine, leaderOf(request)), request.query as z.infer<z.ZodObject<Q>>),
    });

  read('state', "The whole cluster as Mesos' master tells it.", {}, stateJson);
  read('state-summary', 'The same with counts instead of tasks.', {}, summaryJson);
  read('roles', 'Roles with what is allocated to them.', {}, (snapshot) => rolesJson(snapshot, engine));
  read('metrics/snapshot', 'Gauges of the cluster, by the names of Mesos.', {}, (snapshot) => metricsSnapshot(engine, snapshot));
  read('frameworks', 'The one framework.', { framework_id: z.string().optional() }, (snapshot, { framework_id }) => ({
    frameworks: framework_id === undefined || framework_id === snapshot.frameworkId ? frameworksJson(snapshot) : [],
    completed_frameworks: [],
    unregistered_frameworks: [],
  }));
  read('slaves', 'The nodes.', { slave_id: z.string().optional() }, (snapshot, { slave_id }) => ({
    slaves: agentsJson(snapshot, ({ id }) => slave_id === undefined || id === slave_id),
    recovered_slaves: [],
  }));
  const page = {
    limit: count(PAGE_TASKS_MAX).default(PAGE_TASKS),
    offset: count(Number.MAX_SAFE_INTEGER).default(0),
    order,
    task_id: z.string().optional(),
    framework_id: z.string().optional(),
  };
  read('tasks', 'Tasks, ended ones too, by the time of their last change.', page, ({ frameworkId }, query) => {
    const { offset, limit, order, task_id, framework_id } = query;
    if (framework_id !== undefined && framework_id !== frameworkId) return { tasks: [] };
    const page = { offset, limit, order, ...(task_id !== undefined && { task: task_id }) };
    return { tasks: pageOf(engine, page, (task) => taskJson(task, frameworkId)) };
  });
  read('flags', 'Flags of a master: there are none.', {}, () => ({ flags: {} }));
  read('version', 'Version of Mesos whose API this is.', {}, () => ({ version: MESOS_VERSION }));

  server.get('/mesos/health', { schema: { summary: 'Whether the master answers.', tags } }, async (_request, reply) => reply.send());
  server.get('/mesos/redirect', { schema: { summary: 'To the leader.', tags } }, async (request, reply) => {
    const { hostname, port } = leaderOf(request);
    return reply
      .code(307)
      .header('location', `//${hostPort(hostname, port)}`)
      .send();
  });
};
