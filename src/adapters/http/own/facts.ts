import { z } from 'zod';
import { nounOf } from '../../../domain/kernel/ids.ts';
import type { StoredFact } from '../../../domain/kernel/ports.ts';
import type { Engine } from '../../../domain/ports/engine.ts';
import { createFeed } from '../feed.ts';
import { Problem } from '../problem.ts';
import { count, flag, minPosition, repeated } from '../queries.ts';
import { type Connection, connectionOf, frameText, HEARTBEAT, HEARTBEAT_MS, sendEvents } from '../sse.ts';
import type { Server, Surroundings } from '../surroundings.ts';
import { voidTeller } from '../terms.ts';
import { factJson } from './factJson.ts';

export const MAX_FACTS = 1_000;
/** Facts that one request looks at; what is left is behind the answer's `next`. */
export const MAX_SCANNED_FACTS = 100_000;
const PAGE = 1_000;

const POSITION = count(Number.MAX_SAFE_INTEGER);

const filters = z.object({
  stream: z.string().optional(),
  noun: z.string().optional(),
  type: repeated,
});
type Filters = z.infer<typeof filters>;

/** The raw facts: pages of the log, or all that comes. */
export const serveFacts = (server: Server, surroundings: Surroundings): void => {
  const { engine } = surroundings;
  server.route({
    method: 'GET',
    url: '/v1/events',
    exposeHeadRoute: false,
    schema: {
      summary: 'Facts of the log behind a position; with `follow` as server-sent events whose ids are positions.',
      tags: ['history'],
      querystring: filters.extend({
        after: POSITION.optional().describe('Position behind which to begin: 0 by default, the head with `follow`.'),
        position: POSITION.optional().describe('The one fact at this position.'),
        limit: count(MAX_FACTS).default(100),
        follow: flag(false),
        minPosition,
      }),
    },
    handler: async (request, reply) => {
      const { after, position, limit, follow, ...wanted } = request.query;
      if (follow) {
        const from = lastEventId(request.headers['last-event-id']) ?? after ?? engine.log.head();
        return sendEvents(reply, frames(surroundings, wanted, from, connectionOf(reply, surroundings.closing)));
      }
      if (position !== undefined) return page(engine, { ...wanted, after: Math.max(0, position - 1), limit: 1, only: position });
      return page(engine, { ...wanted, after: after ?? 0, limit });
    },
  });
};

/** Where a listener was cut off. @throws Problem 400 */
export const lastEventId = (header: string | string[] | undefined): number | undefined => {
  if (typeof header !== 'string') return undefined;
  const position = Number(header);
  if (!Number.isSafeInteger(position) || position < 0)
    throw new Problem(400, { message: `Last-Event-ID '${header}' is no position of the log` });
  return position;
};

const passes =
  ({ stream, noun, type }: Filters) =>
  (stored: StoredFact): boolean =>
    (stream === undefined || stored.stream === stream) &&
    (noun === undefined || nounOf(stored.stream) === noun) &&
    (type.length === 0 || type.includes(stored.type.slice(0, stored.type.lastIndexOf('.v'))));

const page = async (engine: Engine, query: Filters & { readonly after: number; readonly limit: number; readonly only?: number }) => {
  const matches = passes(query);
  const isVoid = await voidTeller(engine);
  const found: StoredFact[] = [];
  let next = query.after;
  if (query.stream !== undefined && query.only === undefined) {
    found.push(
      ...(await engine.log.readStream(query.stream))
        .filter((stored) => stored.position > query.after && matches(stored))
        .slice(0, query.limit),
    );
    next = found.length < query.limit ? engine.log.head() : (found.at(-1)?.position ?? query.after);
  } else {
    for (let scanned = 0; scanned < MAX_SCANNED_FACTS && found.length < query.limit; ) {
      const facts = await engine.log.readAll({ after: next, max: query.only === undefined ? PAGE : 1 });
      for (const stored of facts) {
        if (found.length >= query.limit) break;
        next = stored.position;
        if (matches(stored) && (query.only === undefined || stored.position === query.only)) found.push(stored);
      }
      scanned += facts.length;
      if (facts.length < PAGE) break;
    }
  }
  return { facts: found.map((stored) => factJson(engine, stored, isVoid(stored))), next, head: engine.log.head() };
};

async function* frames({ engine }: Surroundings, wanted: Filters, after: number, connection: Connection): AsyncGenerator<string, void> {
  const matches = passes(wanted);
  const isVoid = await voidTeller(engine);
  const { log, clock } = engine;
  yield HEARTBEAT;
  for await (const item of createFeed<never>({ log, clock, after, heartbeatMs: HEARTBEAT_MS, ...connection }).items) {
    if (item.kind === 'heartbeat') yield HEARTBEAT;
    if (item.kind !== 'facts') continue;
    const text = item.facts.map((stored) => {
      const wasVoid = isVoid(stored);
      return matches(stored)
        ? frameText({ id: String(stored.position), event: nameOf(stored), data: factJson(engine, stored, wasVoid) })
        : '';
    });
    const joined = text.join('');
    if (joined !== '') yield joined;
  }
}

const nameOf = ({ type }: StoredFact): string => type.slice(0, type.lastIndexOf('.v'));
