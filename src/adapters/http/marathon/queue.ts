import { z } from 'zod';
import { renderApp } from '../../../domain/app/definition/definition.ts';
import { isPod } from '../../../domain/app/pod/pod.ts';
import { renderPod } from '../../../domain/app/pod/render.ts';
import type { InstanceCommand } from '../../../domain/instance/instance.commands.ts';
import { INSTANCE } from '../../../domain/instance/instance.facts.ts';
import { streamOf } from '../../../domain/kernel/ids.ts';
import { isoInstant } from '../../../domain/kernel/units.ts';
import { rejectReasons } from '../../../domain/placement/place.ts';
import type { Engine } from '../../../domain/ports/engine.ts';
import type { AppRow, InstanceRow } from '../../../domain/ports/views.ts';
import { ask } from '../ask.ts';
import { notFound } from '../problem.ts';
import { minPosition, repeated } from '../queries.ts';
import type { Server, Surroundings } from '../surroundings.ts';
import { lastTaskFailure } from './appJson.ts';
import { sortedRows } from './apps.read.ts';
import { marathonState } from './taskStates.ts';
import { unusedOffers } from './unusedOffers.ts';

/** Launches that wait: for their back-off, or for a node that takes them, with each node's reason. */
export const serveQueue = (server: Server, { engine }: Surroundings): void => {
  server.route({
    method: 'GET',
    url: '/v2/queue',
    schema: {
      summary: 'Launches that wait, with the reasons; `embed=lastUnusedOffers` adds those of each node.',
      tags: ['queue'],
      querystring: z.object({ embed: repeated, minPosition }),
    },
    handler: async ({ query: { embed } }) => ({
      queue: sortedRows(engine).flatMap((row) => queueItem(engine, row, embed.includes('lastUnusedOffers')) ?? []),
    }),
  });

  server.route({
    method: 'DELETE',
    url: '/v2/queue/*',
    config: { documentedAs: '/v2/queue/:id/delay' },
    schema: { summary: 'Lifts the launch delay of an app; the slashes of its id stay slashes.', tags: ['queue'] },
    handler: async (request, reply) => {
      const path = (request.params as { '*': string })['*'].replace(/^\/*/, '/');
      const id = path.replace(/\/delay$/, '');
      const waiting = waitingOf(engine, id);
      if (id === path || waiting.length === 0) throw notFound(`Application ${id} not found in tasks queue.`);
      const reset: InstanceCommand = { type: 'ResetLaunchDelay' };
      for (const row of waiting) if (row.state === 'waiting') await ask(engine, request, streamOf(INSTANCE, row.id), reset);
      return reply.code(204).send();
    },
  });
};

const waitingOf = ({ views }: Engine, app: string): readonly InstanceRow[] =>
  views.instances.ofApp(app).filter(({ state }) => isWaiting(state));

/** Read off the states in which its instances stand, however many there are. */
const hasWaiting = ({ views }: Engine, app: string): boolean => {
  for (const states of views.instances.statesOf(app).values()) for (const state of states.keys()) if (isWaiting(state)) return true;
  return false;
};

const isWaiting = (state: string): boolean => marathonState(state).condition === 'Scheduled';

const queueItem = (engine: Engine, row: AppRow, withOffers: boolean) => {
  if (!hasWaiting(engine, row.id)) return undefined;
  const waiting = waitingOf(engine, row.id);
  const until = Math.max(...waiting.map(({ notBefore }) => notBefore ?? 0));
  const timeLeftSeconds = Math.max(0, Math.ceil((until - engine.clock.now()) / 1000));
  const failure = lastTaskFailure(engine, row);
  return {
    count: waiting.length,
    role: row.definition.role,
    delay: { timeLeftSeconds, overdue: timeLeftSeconds === 0 },
    since: isoInstant(Math.min(...waiting.map(({ requestedAt }) => requestedAt))),
    processedOffersSummary: offersSummary(engine, row.id, waiting),
    ...(withOffers && { lastUnusedOffers: unusedOffers(engine, row) }),
    ...specJson(row),
    // Ours: why the last one did not stay, such as an image that is missing.
    ...(failure !== undefined && { lastTaskFailure: failure }),
  };
};

const specJson = ({ definition, target: { version } }: AppRow) =>
  isPod(definition) ? { pod: { ...renderPod(definition), version } } : { app: { ...renderApp(definition), version } };

/** Nodes that were considered stand where Marathon counted offers. */
const offersSummary = ({ views }: Engine, app: string, waiting: readonly InstanceRow[]) => {
  const last = waiting.flatMap(({ deferred }) => deferred ?? []).sort((a, b) => b.at - a.at)[0];
  const used = views.instances.ofApp(app).flatMap(({ placedAt }) => placedAt ?? []);
  const excluded = last?.excluded ?? {};
  const rejections = rejectSummary(last?.considered ?? 0, excluded);
  return {
    processedOffersCount: last?.considered ?? 0,
    unusedOffersCount: Object.values(excluded).reduce((sum, nodes) => sum + nodes, 0),
    ...(last !== undefined && { lastUnusedOfferAt: isoInstant(last.at) }),
    ...(used.length > 0 && { lastUsedOfferAt: isoInstant(Math.max(...used)) }),
    rejectSummaryLastOffers: rejections,
    rejectSummaryLaunchAttempt: rejections,
    // Ours: by filter, as Marathon has one word for several.
    excluded,
  };
};

/** All of Marathon's reasons in the order of its funnel: how many nodes came so far, and how many of them went no further. */
const rejectSummary = (considered: number, excluded: Readonly<Record<string, number>>) => {
  let processed = considered;
  return rejectReasons({ excluded }).map(({ reason, declined }) => {
    const rejection = { reason, declined, processed };
    processed -= declined;
    return rejection;
  });
};
