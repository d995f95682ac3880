import { z } from 'zod';
import { APP, type AppFact } from '../../../domain/app/app.facts.ts';
import { absolutePathId } from '../../../domain/app/definition/pathId.ts';
import { ROOT_GROUP } from '../../../domain/group/group.facts.ts';
import { keyOf, nounOf, streamOf } from '../../../domain/kernel/ids.ts';
import type { StoredFact } from '../../../domain/kernel/ports.ts';
import { PLAN } from '../../../domain/plan/plan.facts.ts';
import type { Engine } from '../../../domain/ports/engine.ts';
import { count, minPosition } from '../queries.ts';
import type { Server, Surroundings } from '../surroundings.ts';
import { voidTeller } from '../terms.ts';
import { factJson } from './factJson.ts';
import { groupHistory, planHistory } from './groupHistory.ts';
import { subjectStream } from './subjects.ts';

export const MAX_HISTORY = 10_000;
const PAGE = 1_000;

/** One subject's story, oldest first, in sentences: an app's with its deployments', its instances', and the requests that asked. */
export const serveHistory = (server: Server, { engine, sentenceOf }: Surroundings): void => {
  server.route({
    method: 'GET',
    url: '/v1/history/*',
    config: { documentedAs: '/v1/history/:subject' },
    schema: {
      summary: 'The story of an app (`/web`), a group (`/shop`), an instance in any form of its id, a node or a deployment.',
      tags: ['history'],
      querystring: z.object({
        after: count(Number.MAX_SAFE_INTEGER).default(0),
        limit: count(MAX_HISTORY).default(1_000),
        minPosition,
      }),
    },
    handler: async ({ params, query: { after, limit } }) => {
      const { stream, group } = await subjectOf(engine, (params as { '*': string })['*']);
      const isVoid = await voidTeller(engine);
      const found =
        group === undefined ? await ofSubject(engine, stream, after, limit) : within(await groupHistory(engine, group), after, limit);
      return {
        subject: stream,
        ...(group !== undefined && { group }),
        history: found.map((stored) => {
          const fact = factJson(engine, stored, isVoid(stored));
          const sentence = fact.unreadable === undefined ? sentenceOf(engine.decode(stored)) : `Nobody can read this: ${fact.unreadable}.`;
          return { sentence, ...fact };
        }),
        // More may follow behind it; absent when this is all.
        ...(found.length === limit && limit > 0 && { next: found.at(-1)?.position }),
      };
    },
  });
};

type Subject = { readonly stream: string /** Of a group, which has no stream of its own. */; readonly group?: string };

/** @throws Problem 404 */
const subjectOf = async (engine: Engine, subject: string): Promise<Subject> => {
  const id = absolutePathId(subject);
  const isGroup = subject.startsWith('/') && (id === '/' || engine.views.groups.get(id) !== undefined);
  if (isGroup) return { stream: ROOT_GROUP, group: id };
  try {
    return { stream: await subjectStream(engine, subject) };
  } catch (problem) {
    // A group that is gone is asked for last, for its story is the longest to look for.
    if (!subject.startsWith('/') || (await groupHistory(engine, id)).length === 0) throw problem;
    return { stream: ROOT_GROUP, group: id };
  }
};

const ofSubject = async (engine: Engine, stream: string, after: number, limit: number): Promise<readonly StoredFact[]> => {
  if (nounOf(stream) === APP) return ofApp(engine, stream, after, limit);
  if (nounOf(stream) === PLAN) return within(await planHistory(engine, keyOf(stream)), after, limit);
  return within(await engine.log.readStream(stream), after, limit);
};

const within = (facts: readonly StoredFact[], after: number, limit: number): readonly StoredFact[] =>
  facts.filter(({ position }) => position > after).slice(0, limit);

/**
 * Everything of an app in the order of the log. Which instances were its own stands in their first facts alone, so this reads the log from
 * the app's first fact on; its pages leave the thread to others in between.
 */
const ofApp = async (engine: Engine, stream: string, after: number, limit: number): Promise<readonly StoredFact[]> => {
  const own = await engine.log.readStream(stream);
  const streams = new Set<string>([stream]);
  for (const stored of own) {
    const fact = engine.decode(stored).fact as AppFact;
    if (fact.type === 'DeploymentBegan') streams.add(streamOf('deployment', fact.deployment));
  }
  const first = own.at(0)?.position ?? 0;
  const found: StoredFact[] = [];
  // The request that made the app stands just before it.
  let position = Math.max(0, first - 1 - LOOK_BACK);
  while (found.length < limit) {
    const page = await engine.log.readAll({ after: position, max: PAGE });
    for (const stored of page) {
      position = stored.position;
      if (belongs(engine, stored, keyOf(stream), streams) && stored.position > after && found.length < limit) found.push(stored);
    }
    if (page.length < PAGE) break;
  }
  return found;
};

/** Facts before an app's first that may hold the request for it: those of one group commit. */
const LOOK_BACK = 256;

/** Learns the app's instances as it goes. */
const belongs = (engine: Engine, stored: StoredFact, app: string, streams: Set<string>): boolean => {
  if (streams.has(stored.stream)) return true;
  if (stored.type.startsWith('InstanceRequested.')) {
    const { fact } = engine.decode(stored) as { readonly fact: { readonly app?: string } };
    if (fact.app !== app) return false;
    streams.add(stored.stream);
    return true;
  }
  if (!stored.type.startsWith('RequestReceived.')) return false;
  const { subject } = JSON.parse(stored.data) as { readonly subject?: string };
  return subject !== undefined && streams.has(subject);
};
