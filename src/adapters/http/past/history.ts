import { z } from 'zod';
import type { Recorded } from '../../../domain/kernel/recorded.ts';
import type { Answers } from '../../../domain/ports/answers.ts';
import type { Span, StoryFilter, Subject } from '../../../domain/ports/story.ts';
import { createFeed } from '../feed.ts';
import { recordedJson } from '../own/factJson.ts';
import { lastEventId } from '../own/facts.ts';
import { notFound } from '../problem.ts';
import { count, minPosition, repeated } from '../queries.ts';
import { type Connection, connectionOf, frameText, HEARTBEAT, HEARTBEAT_MS, sendEvents } from '../sse.ts';
import type { Server, Surroundings } from '../surroundings.ts';
import { spanAsked, wrongMoment } from './moments.ts';

export const MAX_HISTORY = 10_000;
/** Facts that a follower is sent at once while it catches up. */
const PAGE = 1_000;

const filters = z.object({
  from: z.string().optional().describe('The first moment that counts: an instant, a position or an age.'),
  to: z.string().optional().describe('The last moment that counts.'),
  type: repeated.describe('Only facts of these types.'),
  noun: repeated.describe('Only facts of streams of these nouns, such as instance.'),
  by: z.string().optional().describe('Only facts that this principal led to.'),
  grep: z.string().optional().describe('Only facts whose sentence holds this, in any case of its letters.'),
});
const query = filters.extend({
  after: count(Number.MAX_SAFE_INTEGER).default(0).describe("Position behind which to go on: a page's `next`."),
  limit: count(MAX_HISTORY).default(1_000),
  last: count(MAX_HISTORY).optional().describe('The last ones instead of the first.'),
  minPosition,
});
type Query = z.infer<typeof query>;

/** One subject's story, oldest first, in sentences: an app's with its deployments', its instances', and the requests that asked. */
export const serveStory = (server: Server, answers: Answers, surroundings: Surroundings): void => {
  const { engine } = surroundings;
  const page = (name: string, asked: Query) => pageOf(answers, surroundings, name, asked);

  server.route({
    method: 'GET',
    url: '/v1/history/*',
    config: { documentedAs: '/v1/history/:subject' },
    schema: {
      summary:
        'The story of an app (`/web`), a group (`/shop`), an instance in any form of its id, a node, deployment, plan, request or strategy.',
      tags: ['history'],
      querystring: query,
    },
    handler: async ({ params, query: asked }) => page((params as { '*': string })['*'], asked),
  });

  server.route({
    method: 'GET',
    url: '/v1/history',
    schema: {
      summary: 'As `/v1/history/{subject}`, of a subject that may be called like anything else below `/v1/history`.',
      tags: ['history'],
      querystring: query.extend({ subject: z.string().min(1) }),
    },
    handler: async ({ query: { subject, ...asked } }) => page(subject, asked),
  });

  server.route({
    method: 'GET',
    url: '/v1/history/follow',
    exposeHeadRoute: false,
    schema: {
      summary: "One subject's story and whatever comes to it, as server-sent events whose ids are positions.",
      tags: ['history'],
      querystring: filters
        .omit({ to: true })
        .extend({ subject: z.string().min(1), after: count(Number.MAX_SAFE_INTEGER).optional(), last: count(MAX_HISTORY).optional() }),
    },
    handler: async (request, reply) => {
      const { subject: name, last, after, ...asked } = request.query;
      const subject = subjectAsked(answers, name);
      const resumed = lastEventId(request.headers['last-event-id']) ?? after;
      const span = spanAsked(answers.past, given(asked), engine);
      if (resumed !== undefined && resumed > span.upTo)
        throw wrongMoment('after', `${resumed} is in the future: the log stands at position ${span.upTo}`);
      const wanted = { subject, filter: filterOf(asked), span: { ...span, after: Math.max(span.after, resumed ?? 0) } };
      const since = resumed === undefined && last !== undefined ? { ...wanted, last } : wanted;
      return sendEvents(reply, frames(answers, surroundings, since, connectionOf(reply, surroundings.closing)));
    },
  });
};

const pageOf = ({ past, stories }: Answers, { engine, sentenceOf }: Surroundings, name: string, asked: Query) => {
  const { after, limit, last } = asked;
  const subject = subjectAsked({ past, stories } as Answers, name);
  const span = spanAsked(past, given(asked), engine);
  const from = { ...span, after: Math.max(span.after, after) };
  const { facts, next } =
    last === undefined
      ? stories.page(subject, from, filterOf(asked), limit)
      : { facts: stories.last(subject, from, filterOf(asked), last), next: undefined };
  const isVoid = stories.voids();
  const unreadable = past.unreadable().get(subject.stream);
  return {
    subject: subject.stream,
    ...(subject.kind === 'group' && { group: subject.group }),
    history: facts.map((recorded) => lineJson(recorded, isVoid(recorded), sentenceOf)),
    // More may follow behind it; absent when this is all.
    ...(next !== undefined && { next }),
    ...(unreadable !== undefined && { unreadable }),
  };
};

const lineJson = (recorded: Recorded, isVoid: boolean, sentenceOf: Surroundings['sentenceOf']) => ({
  sentence: sentenceOf(recorded),
  ...recordedJson(recorded, isVoid),
});

/** @throws Problem 404 */
const subjectAsked = ({ stories }: Pick<Answers, 'stories'>, name: string): Subject => {
  const subject = stories.find(name);
  if (subject === undefined) throw notFound(`Nothing is recorded of '${name}'`);
  return subject;
};

const given = ({ from, to }: { readonly from?: string | undefined; readonly to?: string | undefined }) => ({
  ...(from !== undefined && { from }),
  ...(to !== undefined && { to }),
});

const filterOf = ({ type, noun, by, grep }: Omit<z.infer<typeof filters>, 'from' | 'to'>): StoryFilter => ({
  types: type,
  nouns: noun,
  ...(by !== undefined && { by }),
  ...(grep !== undefined && { grep }),
});

type Followed = { readonly subject: Subject; readonly filter: StoryFilter; readonly span: Span; readonly last?: number };

/** What was, page by page, then what comes: the log is read on from where the story ended. */
async function* frames(
  { past, stories }: Answers,
  { engine, sentenceOf }: Surroundings,
  { subject, filter, span, last }: Followed,
  connection: Connection,
): AsyncGenerator<string, void> {
  const belongs = stories.follow(subject, filter);
  const voids = stories.voids();
  const frameOf = (recorded: Recorded, isVoid: (recorded: Recorded) => boolean): string => {
    const data = lineJson(recorded, isVoid(recorded), sentenceOf);
    return frameText({ id: String(recorded.position), event: recorded.fact.type, data });
  };
  const told = (recorded: Recorded): string => frameOf(recorded, voids);
  yield HEARTBEAT;
  if (last === undefined) {
    for (let after: number | undefined = span.after; after !== undefined; ) {
      const page = stories.page(subject, { after, upTo: span.upTo }, filter, PAGE);
      yield page.facts.map(told).join('') || HEARTBEAT;
      after = page.next;
    }
  } else yield stories.last(subject, span, filter, last).map(told).join('') || HEARTBEAT;
  const { log, clock } = engine;
  for await (const item of createFeed<never>({ log, clock, after: span.upTo, heartbeatMs: HEARTBEAT_MS, ...connection }).items) {
    if (item.kind === 'heartbeat') yield HEARTBEAT;
    if (item.kind !== 'facts') continue;
    const text = item.facts.map((stored) => {
      const recorded = readable(() => engine.decode(stored));
      return recorded !== undefined && belongs(recorded) ? frameOf(recorded, past.isVoid) : '';
    });
    const joined = text.join('');
    if (joined !== '') yield joined;
  }
}

/** What nobody can read belongs to no story: its stream is named among the quarantined ones. */
const readable = (decode: () => Recorded): Recorded | undefined => {
  try {
    return decode();
  } catch {
    return undefined;
  }
};
