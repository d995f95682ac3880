import { Readable } from 'node:stream';
import { either as E } from 'fp-ts';
import { z } from 'zod';
import { isoInstant } from '../../../domain/kernel/units.ts';
import type { Engine } from '../../../domain/ports/engine.ts';
import type { HostFault, HostRuntime, LogLine, LogOptions } from '../../../domain/ports/hosts.ts';
import { Problem, wrong } from '../problem.ts';
import { count, flag } from '../queries.ts';
import { whileConnected } from '../sse.ts';
import type { Server, Surroundings } from '../surroundings.ts';
import { instanceRow } from './subjects.ts';

/** Longest time an exec may take, ms; a request may ask for less. */
export const MAX_EXEC_MS = 300_000;
const DEFAULT_EXEC_MS = 60_000;
const params = z.object({ id: z.string() });
const tags = ['instances'];
const container = z
  .string()
  .min(1)
  .describe('One container of a pod, by its name. Where absent: the output and use of all, the command in the first.');

/** What only the host of an instance knows: its output, its use of resources, and the inside of its sandbox. */
export const serveInstances = (server: Server, { engine, closing }: Surroundings): void => {
  server.route({
    method: 'GET',
    url: '/v1/instances/:id/logs',
    exposeHeadRoute: false,
    schema: {
      summary: 'Lines of output as text, oldest first.',
      tags,
      params,
      querystring: z.object({
        follow: flag(false),
        tail: count(1_000_000).optional(),
        since: z.string().optional().describe('ISO 8601, or milliseconds since 1970.'),
        timestamps: flag(false),
        container: container.optional(),
      }),
    },
    handler: async ({ params: { id }, query: { follow, tail, since, timestamps, container } }, reply) => {
      const { host, instance } = hostOf(engine, id);
      const options: LogOptions = {
        follow,
        signal: whileConnected(reply, closing),
        ...(tail !== undefined && { tail }),
        ...(since !== undefined && { since: instantOf(since) }),
        ...(container !== undefined && { container }),
      };
      const lines = host.logs(instance, options)[Symbol.asyncIterator]();
      // The first line is awaited, so that a host that cannot answer is an answer of ours and not half a stream.
      const first = await lines.next().catch((error: unknown) => {
        throw faulty(error instanceof Error ? (error.cause as HostFault | undefined) : undefined);
      });
      reply.type('text/plain; charset=utf-8');
      return reply.send(Readable.from(text(first, lines, { timestamps, names: container === undefined }), { objectMode: false }));
    },
  });

  server.route({
    method: 'POST',
    url: '/v1/instances/:id/exec',
    schema: {
      summary: 'Runs a command beside the instance and answers its output.',
      tags,
      params,
      body: z.object({
        argv: z.array(z.string()).min(1),
        timeoutMs: z.int().min(1).max(MAX_EXEC_MS).default(DEFAULT_EXEC_MS),
        container: container.optional(),
      }),
    },
    handler: async ({ params: { id }, body: { argv, timeoutMs, container } }, reply) => {
      const { host, instance } = hostOf(engine, id);
      const signal = whileConnected(reply, closing);
      return answer(await host.exec(instance, argv, { timeoutMs, signal, ...(container !== undefined && { container }) })());
    },
  });

  server.route({
    method: 'GET',
    url: '/v1/instances/:id/stats',
    schema: { summary: 'What the instance uses now.', tags, params, querystring: z.object({ container: container.optional() }) },
    handler: async ({ params: { id }, query: { container } }) => {
      const { host, instance } = hostOf(engine, id);
      return answer(await host.stats(instance, container === undefined ? {} : { container })());
    },
  });
};

/** @throws Problem: 404 unknown instance, 409 no host yet, 502 host out of reach. */
const hostOf = (engine: Engine, id: string): { readonly host: HostRuntime; readonly instance: string } => {
  const row = instanceRow(engine, id);
  if (row.node === undefined) throw new Problem(409, { message: `Instance '${id}' has no host: it is ${row.state}.` });
  const host = engine.host(row.node);
  if (host === undefined) throw new Problem(502, { message: `Node '${row.node}' is not connected.` });
  return { host, instance: row.id };
};

const answer = <A>(result: E.Either<HostFault, A>): A => {
  if (E.isLeft(result)) throw faulty(result.left);
  return result.right;
};

const faulty = (fault: HostFault | undefined): Problem => {
  if (fault === undefined) return new Problem(502, { message: 'The host could not answer.' });
  const { _tag, message } = fault;
  return new Problem(_tag === 'HostUnreachable' || _tag === 'Transient' ? 502 : 422, { message: `${_tag}: ${message}`, fault: _tag });
};

const instantOf = (text: string): number => {
  const instant = /^\d+$/.test(text) ? Number(text) : Date.parse(text);
  if (Number.isNaN(instant)) throw wrong('/since', `'${text}' is no time`);
  return instant;
};

/** @param how.names each line of a pod tells whose it is */
async function* text(
  first: IteratorResult<LogLine>,
  lines: AsyncIterator<LogLine>,
  { timestamps, names }: { readonly timestamps: boolean; readonly names: boolean },
): AsyncGenerator<string> {
  try {
    for (let next = first; next.done !== true; next = await lines.next()) {
      const { at, text: line, container } = next.value;
      const when = timestamps && at !== undefined ? `${isoInstant(at)} ` : '';
      const who = names && container !== undefined ? `${container} | ` : '';
      yield `${when}${who}${line}\n`;
    }
  } finally {
    await lines.return?.();
  }
}
