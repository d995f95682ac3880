import { expect } from 'vitest';
import { type Case, having, ISO, some, text } from '../case.ts';
import { DIFFERENCES } from '../differences.ts';
import { asked, failing, pod, steady, unplaceable } from '../stage.ts';

/** Marathon's reasons in the order of its funnel. */
const FUNNEL = [
  'UnfulfilledRole',
  'UnfulfilledConstraint',
  'NoCorrespondingReservationFound',
  'AgentMaintenance',
  'InsufficientCpus',
  'InsufficientMemory',
  'InsufficientDisk',
  'InsufficientGpus',
  'InsufficientPorts',
  'DeclinedScarceResources',
];
const NODES = 2;

const rejected = (when: string, id: string, fields: Readonly<Record<string, unknown>>, reason: string): Case => ({
  endpoint: 'GET /v2/queue',
  when: `why nobody takes it: ${when}`,
  given: unplaceable(id, fields),
  ask: { to: 'GET /v2/queue' },
  answers: { status: 200 },
  after: (_, { queue: items }) => {
    const { processedOffersSummary: summary } = items.find(({ app }: { app?: { id: string } }) => app?.id === id);
    expect(summary.rejectSummaryLastOffers.map((each: { reason: string }) => each.reason)).toEqual(FUNNEL);
    expect(summary.rejectSummaryLaunchAttempt.map((each: { reason: string }) => each.reason)).toEqual(FUNNEL);
    expect(summary.rejectSummaryLastOffers).toContainEqual({ reason, declined: NODES, processed: NODES });
  },
});

export const queue: readonly Case[] = [
  {
    endpoint: 'GET /v2/queue',
    when: 'an app that runs does not wait',
    given: steady('/q/runs'),
    ask: { to: 'GET /v2/queue' },
    answers: { status: 200 },
    after: (_, { queue: items }) => expect(items.filter(({ app }: { app?: { id: string } }) => app?.id === '/q/runs')).toEqual([]),
  },
  {
    endpoint: 'GET /v2/queue',
    when: 'one that nobody takes',
    given: unplaceable('/q/waits', { instances: 2 }),
    ask: { to: 'GET /v2/queue' },
    answers: {
      status: 200,
      body: {
        queue: some(
          having({
            count: 2,
            role: '*',
            delay: { timeLeftSeconds: 0, overdue: true },
            since: ISO,
            app: having({ id: '/q/waits', version: ISO }),
            processedOffersSummary: having({
              processedOffersCount: NODES,
              unusedOffersCount: NODES,
              lastUnusedOfferAt: ISO,
            }),
          }),
        ),
      },
    },
    after: (_, { queue: [first] }) => expect(first).not.toHaveProperty('lastUnusedOffers'),
  },
  {
    endpoint: 'GET /v2/queue',
    when: 'one whose task failed waits for its back-off',
    given: failing('/q/delayed', { backoffSeconds: 100 }),
    ask: { to: 'GET /v2/queue' },
    answers: { status: 200 },
    after: (_, { queue: items }) => {
      const item = items.find(({ app }: { app?: { id: string } }) => app?.id === '/q/delayed');
      expect(item).toMatchObject({ count: 1, delay: { overdue: false } });
      expect(item.delay.timeLeftSeconds).toBeGreaterThan(90);
      expect(item.delay.timeLeftSeconds).toBeLessThanOrEqual(100);
    },
  },
  {
    endpoint: 'GET /v2/queue',
    when: 'a pod',
    given: async (stage) => {
      await asked(
        'POST /v2/pods',
        pod('/q/pod', { scheduling: { placement: { constraints: [{ fieldName: 'rack', operator: 'IS', value: 'nowhere' }] } } }),
      )(stage);
      await stage.until(() => stage.engine.views.instances.ofApp('/q/pod').length > 0);
      return {};
    },
    ask: { to: 'GET /v2/queue' },
    answers: { status: 200, body: { queue: some(having({ count: 1, pod: having({ id: '/q/pod' }) })) } },
  },
  {
    endpoint: 'GET /v2/queue',
    when: 'embed=lastUnusedOffers',
    given: unplaceable('/q/offers'),
    ask: { to: 'GET /v2/queue?embed=lastUnusedOffers' },
    answers: { status: 200 },
    after: (_, { queue: items }) => {
      const { lastUnusedOffers } = items.find(({ app }: { app?: { id: string } }) => app?.id === '/q/offers');
      expect(lastUnusedOffers).toHaveLength(NODES);
      expect(lastUnusedOffers[0]).toMatchObject({
        offer: {
          id: text,
          hostname: text,
          agentId: 'berth-1',
          resources: some(having({ name: 'cpus', scalar: expect.any(Number) })),
          attributes: [{ name: 'rack', text: 'r1' }],
        },
        reason: ['UnfulfilledConstraint'],
        timestamp: ISO,
      });
    },
  },
  {
    endpoint: 'GET /v2/queue',
    when: 'nodes stand for offers; why not, in words',
    given: unplaceable('/q/because'),
    ask: { to: 'GET /v2/queue?embed=lastUnusedOffers' },
    answers: { status: 200 },
    after: (_, { queue: items }) => {
      const item = items.find(({ app }: { app?: { id: string } }) => app?.id === '/q/because');
      expect(item.processedOffersSummary.excluded).toEqual({ constraint: NODES });
      expect(item.lastUnusedOffers[0].because).toEqual([expect.stringContaining('rack IS nowhere')]);
    },
    differs: DIFFERENCES.queueReasons,
  },
  rejected('a constraint', '/q/r1', {}, 'UnfulfilledConstraint'),
  rejected('cpus', '/q/r2', { constraints: [], cpus: 4000 }, 'InsufficientCpus'),
  rejected('memory', '/q/r3', { constraints: [], mem: 4_000_000 }, 'InsufficientMemory'),
  rejected('disk', '/q/r4', { constraints: [], disk: 4_000_000 }, 'InsufficientDisk'),
  rejected('gpus', '/q/r5', { constraints: [], gpus: 4 }, 'InsufficientGpus'),
  rejected('ports', '/q/r6', { constraints: [], requirePorts: true, portDefinitions: [{ port: 80 }] }, 'InsufficientPorts'),
  {
    endpoint: 'DELETE /v2/queue/{id}/delay',
    when: 'one whose task failed is started at once',
    given: failing('/q/reset', { backoffSeconds: 100 }),
    ask: { to: 'DELETE /v2/queue/q/reset/delay' },
    answers: { status: 204, text: '' },
    after: ({ until, engine }) => until(() => engine.views.instances.endedOf('/q/reset').length === 2),
  },
  {
    endpoint: 'DELETE /v2/queue/{id}/delay',
    when: 'an app that does not wait',
    given: steady('/q/none'),
    ask: { to: 'DELETE /v2/queue/q/none/delay' },
    answers: { status: 404, is: { message: 'Application /q/none not found in tasks queue.' } },
  },
  {
    endpoint: 'DELETE /v2/queue/{id}/delay',
    when: 'no such app',
    ask: { to: 'DELETE /v2/queue/none/delay' },
    answers: { status: 404, is: { message: 'Application /none not found in tasks queue.' } },
  },
];
