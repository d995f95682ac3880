import { z } from 'zod';
import type { StoredFact } from '../../../domain/kernel/ports.ts';
import { isoInstant } from '../../../domain/kernel/units.ts';
import type { Engine } from '../../../domain/ports/engine.ts';
import { createFeed } from '../feed.ts';
import { Problem } from '../problem.ts';
import { repeated } from '../queries.ts';
import { type Connection, connectionOf, frameText, HEARTBEAT, HEARTBEAT_MS, sendEvents } from '../sse.ts';
import type { Server, Surroundings } from '../surroundings.ts';
import { voidTeller } from '../terms.ts';
import { marathonEvents } from './eventMapping.ts';
import { sceneOf } from './scenes.ts';

/** Place of an event: the position of its fact, and its number among the events of that fact. */
type Place = { readonly position: number; readonly n: number };

/** Marathon's event stream, told from the facts: with ids, so that a client that comes back misses nothing and hears nothing twice. */
export const serveMarathonEvents = (server: Server, surroundings: Surroundings): void => {
  const { engine, closing } = surroundings;
  server.route({
    method: 'GET',
    url: '/v2/events',
    exposeHeadRoute: false,
    schema: {
      summary: "Marathon's events as server-sent events; `Last-Event-ID` resumes.",
      tags: ['events'],
      querystring: z.object({
        event_type: repeated,
        'plan-format': z
          .string()
          .optional()
          .describe('Plans are light (`id`, `version`, `steps`) whatever is asked for, as since Marathon 1.7.'),
      }),
    },
    handler: async (request, reply) => {
      if (!(request.headers.accept ?? '').includes('text/event-stream'))
        throw new Problem(405, { message: 'Only `Accept: text/event-stream` is possible here.' });
      const from = placeOf(request.headers['last-event-id']) ?? { position: engine.log.head(), n: Number.POSITIVE_INFINITY };
      const types = new Set(request.query.event_type);
      const listener = { remoteAddress: request.ip ?? '', types, from, connection: connectionOf(reply, closing) };
      return sendEvents(reply, frames(surroundings, listener));
    },
  });
};

const placeOf = (header: string | string[] | undefined): Place | undefined => {
  if (typeof header !== 'string' || header === '') return undefined;
  const [, position, n] = /^(\d{1,15})\.(\d{1,9})$/.exec(header) ?? [];
  if (position === undefined || n === undefined)
    throw new Problem(400, { message: `Last-Event-ID '${header}' is none of ours: position.n` });
  return { position: Number(position), n: Number(n) };
};

type Listener = {
  readonly remoteAddress: string;
  readonly types: ReadonlySet<string>;
  readonly from: Place;
  readonly connection: Connection;
};
type Note = { readonly type: string; readonly remoteAddress: string };

async function* frames(
  { engine, audience }: Surroundings,
  { remoteAddress, types, from, connection }: Listener,
): AsyncGenerator<string, void> {
  const { log, clock } = engine;
  const isVoid = await voidTeller(engine);
  // The fact at the last place may have more events than the client heard.
  const feed = createFeed<Note>({
    log,
    clock,
    after: Number.isFinite(from.n) ? Math.max(0, from.position - 1) : from.position,
    heartbeatMs: HEARTBEAT_MS,
    ...connection,
  });
  const leave = audience.join(feed.note);
  audience.tell({ type: 'event_stream_attached', remoteAddress });
  try {
    for await (const item of feed.items) {
      if (item.kind === 'heartbeat') yield HEARTBEAT;
      if (item.kind === 'note' && isWanted(types, item.note.type)) yield noteText(engine, item.note);
      if (item.kind !== 'facts') continue;
      for (const stored of item.facts) {
        if (isVoid(stored)) continue;
        const text = await eventText(engine, stored, types, from);
        if (text !== '') yield text;
      }
    }
  } finally {
    leave();
    audience.tell({ type: 'event_stream_detached', remoteAddress });
  }
}

const isWanted = (types: ReadonlySet<string>, type: string): boolean => types.size === 0 || types.has(type);

/** Live only: nothing is recorded of who listens, so it has no id to come back to. */
const noteText = ({ clock }: Engine, { type, remoteAddress }: Note): string =>
  frameText({ event: type, data: { remoteAddress, eventType: type, timestamp: isoInstant(clock.now()) } });

const eventText = async (engine: Engine, stored: StoredFact, types: ReadonlySet<string>, from: Place): Promise<string> => {
  const recorded = engine.decode(stored);
  const events = marathonEvents(recorded, await sceneOf(engine, recorded));
  return events
    .map((event, n) => ({ event, n }))
    .filter(({ event, n }) => isWanted(types, event.eventType) && (stored.position > from.position || n > from.n))
    .map(({ event, n }) => frameText({ event: event.eventType, id: `${stored.position}.${n}`, data: event }))
    .join('');
};
