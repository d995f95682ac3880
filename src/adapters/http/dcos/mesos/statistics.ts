import { either as E } from 'fp-ts';
import { z } from 'zod';
import { BYTES_PER_MEBIBYTE } from '../../../../domain/kernel/units.ts';
import type { Engine } from '../../../../domain/ports/engine.ts';
import { notFound } from '../../problem.ts';
import type { Server, Surroundings } from '../../surroundings.ts';
import { identityOf, seconds } from '../cluster.ts';
import { type MesosTask, mesosTasks } from './tasks.ts';

/** Hosts are asked about this many tasks at a time. */
const ASKED_AT_A_TIME = 16;

const tags = ['mesos'];

/** `/monitor/statistics` of an agent, told by the hosts; what a host cannot say now is left out. */
export const serveStatistics = (server: Server, { engine }: Surroundings): void => {
  const answer = async (node?: string) => {
    const { frameworkId } = await identityOf(engine);
    const running = mesosTasks(engine).filter(({ state, agent }) => state === 'TASK_RUNNING' && (node === undefined || agent === node));
    const all: unknown[] = [];
    for (let from = 0; from < running.length; from += ASKED_AT_A_TIME) {
      const some = running.slice(from, from + ASKED_AT_A_TIME);
      all.push(...(await Promise.all(some.map((task) => statistics(engine, task, frameworkId)))).flat());
    }
    return all;
  };
  server.get('/mesos/monitor/statistics', { schema: { summary: 'What each task uses now.', tags } }, () => answer());
  for (const url of ['/agent/:id/monitor/statistics', '/slave/:id/monitor/statistics'])
    server.route({
      method: 'GET',
      url,
      schema: { summary: 'What each task of a node uses now.', tags, params: z.object({ id: z.string() }), hide: url.startsWith('/slave') },
      handler: async ({ params: { id } }) => {
        if (engine.views.nodes.get(id) === undefined) throw notFound(`Agent '${id}' does not exist`);
        return answer(id);
      },
    });
};

const statistics = async (engine: Engine, task: MesosTask, frameworkId: string): Promise<readonly unknown[]> => {
  const told = await engine.host(task.agent)?.stats(task.instance)();
  if (told === undefined || E.isLeft(told)) return [];
  const { cpuSeconds, memoryBytes, memoryLimitBytes } = told.right;
  return [
    {
      executor_id: task.id,
      executor_name: '',
      framework_id: frameworkId,
      source: task.id,
      statistics: {
        cpus_limit: task.resources.cpus,
        // The hosts tell the time in user and system mode together.
        cpus_user_time_secs: cpuSeconds,
        mem_rss_bytes: memoryBytes,
        mem_limit_bytes: memoryLimitBytes ?? task.resources.mem * BYTES_PER_MEBIBYTE,
        timestamp: seconds(engine.clock.now()),
      },
    },
  ];
};
