import type { FastifyInstance } from 'fastify';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createHttp } from '../../../../src/adapters/http/http.ts';
import { isAsOfRoute } from '../../../../src/adapters/http/past/liveOnly.ts';
import { pastEngine } from '../../../../src/adapters/http/past/pastEngine.ts';
import type { Recorded } from '../../../../src/domain/kernel/recorded.ts';
import { recordedOf } from '../../../../src/domain/recordedOf.ts';
import { answersOf } from '../../../../src/history/answers.ts';
import { arrayPast } from '../../../../src/history/arrayPast.ts';
import { sentenceOf } from '../../../../src/projections/sentences.ts';
import { dumpOf } from '../../../history/dump.ts';
import { simulate } from '../../../simulation/simulate.ts';
import { memoryLog } from '../../../support/memoryLog.ts';

const SEED = 12;
let facts: readonly Recorded[] = [];
beforeAll(async () => {
  const { world } = await simulate(SEED);
  facts = world.log.facts.map((stored) => recordedOf(stored, { seal: () => ({ $sealed: '', key: '' }), open: () => undefined }));
});

/** A server of the past, whose present is an hour after the last fact. */
const server = (): { readonly http: FastifyInstance; readonly now: number } => {
  const past = arrayPast(facts);
  const now = (facts.at(-1)?.meta.at ?? 0) + 3_600_000;
  const clock = { now: () => now, schedule: () => () => {} };
  const { engine, from } = pastEngine({
    past,
    log: memoryLog({ from: facts as never }),
    clock,
    decode: (stored) => stored as never,
    strategyProblems: () => [],
  });
  const http = createHttp({
    engine,
    answers: answersOf(past),
    asOf: { kind: 'here', past, clock, from },
    sentenceOf,
    auth: 'none',
    version: '0.0.1',
  });
  onTestFinished(() => http.close());
  return { http, now };
};

const ask = async (http: FastifyInstance, url: string, method: 'GET' | 'PUT' | 'DELETE' = 'GET') => {
  const answer = await http.inject({ method, url, headers: { host: 'localhost' } });
  return { status: answer.statusCode, headers: answer.headers, body: answer.json() };
};

describe('a read with at', () => {
  it('answers what stood at a position, and says which, how old it is, and what it leaves out', async () => {
    const { http, now } = server();
    for (const { position, meta } of facts.filter((_, nth) => nth % 60 === 0)) {
      const answer = await ask(http, `/v2/apps?at=${position}`);
      const { apps } = dumpOf(arrayPast(facts).views(position));
      expect(answer.status).toBe(200);
      expect(answer.body.apps.map(({ id }: { id: string }) => id).sort()).toEqual(apps.map(({ id }) => id).sort());
      expect(answer.body.apps.map(({ instances }: { instances: number }) => instances).sort()).toEqual(
        apps.map(({ target }) => target.instances).sort(),
      );
      expect(answer.headers['x-wharf-position']).toBe(String(position));
      expect(answer.headers['x-wharf-at']).toBe(new Date(meta.at).toISOString());
      expect(answer.headers['x-wharf-age']).toBe(String(Math.floor((now - meta.at) / 1000)));
      expect(answer.headers['x-wharf-live-only']).toBe(
        'tasks.healthCheckResults, tasks.checkResult, readinessCheckResults, apps.tasks.healthCheckResults, apps.tasks.checkResult, apps.readinessCheckResults, app.tasks.healthCheckResults, app.tasks.checkResult, app.readinessCheckResults',
      );
    }
  });

  it('takes an instant and an age for the last fact until then', async () => {
    const { http, now } = server();
    const middle = facts[Math.floor(facts.length / 2)];
    const at = middle?.meta.at ?? 0;
    const last = facts.findLast(({ meta }) => meta.at <= at)?.position;
    expect((await ask(http, `/v1/nodes?at=${new Date(at).toISOString()}`)).headers['x-wharf-position']).toBe(String(last));
    expect((await ask(http, `/v1/nodes?at=-${now - at}ms`)).headers['x-wharf-position']).toBe(String(last));
  });

  it('knows no live-only field', async () => {
    const { http } = server();
    const { position } = facts.findLast(({ meta }) => meta.state === 'waiting') ?? facts[0] ?? { position: 1 };
    const text = JSON.stringify([
      (await ask(http, `/v2/queue?at=${position}&embed=lastUnusedOffers`)).body,
      (await ask(http, `/v2/deployments?at=${position}`)).body,
      (await ask(http, `/v2/apps?at=${position}&embed=apps.readiness`)).body,
    ]);
    for (const field of ['delay', 'lastUnusedOffers', 'readinessCheckResults', 'healthCheckResults', 'checkResult'])
      expect(text).not.toContain(`"${field}"`);
  });

  it('is refused of the future, of no moment, of a write and of what is live only', async () => {
    const { http, now } = server();
    const head = facts.at(-1)?.position ?? 0;
    const refusal = async (url: string, method?: 'PUT' | 'DELETE') => {
      const { status, body } = await ask(http, url, method);
      return [status, body.message, body.details?.[0]?.path];
    };
    expect(await refusal(`/v2/apps?at=${head + 1}`)).toEqual([
      400,
      `Position ${head + 1} is in the future: the log ends at ${head}.`,
      '/at',
    ]);
    const later = new Date(now + 1_000).toISOString();
    expect(await refusal(`/v2/apps?at=${later}`)).toEqual([400, `${later} is in the future.`, '/at']);
    expect(await refusal('/v2/apps?at=yesterday')).toEqual([400, expect.stringContaining("'yesterday' is no moment"), '/at']);
    expect(await refusal('/v2/apps//a?at=3', 'DELETE')).toEqual([400, 'A write happens now: it takes no `at`.', '/at']);
    expect(await refusal('/v2/leader?at=3')).toEqual([400, 'This tells of the present alone: it takes no `at`.', '/at']);
    expect(await refusal('/v1/traffic?at=3')).toEqual([400, 'This tells of the present alone: it takes no `at`.', '/at']);
  });

  it('is in the description of every read that takes it', async () => {
    const { http } = server();
    const { paths } = (await ask(http, '/openapi.json')).body;
    const takes = (path: string): boolean => (paths[path].get.parameters ?? []).some(({ name }: { name: string }) => name === 'at');
    expect(['/v2/tasks', '/v2/apps', '/v1/nodes', '/v2/leader', '/v1/traffic'].filter(takes)).toEqual([
      '/v2/tasks',
      '/v2/apps',
      '/v1/nodes',
    ]);
  });

  it('goes with each read of the views and with nothing that asks a host', () => {
    const asked = ['/v2/apps', '/v2/apps/*', '/v2/tasks', '/v1/nodes/:id', '/v1/instances', '/mesos/state', '/mesos_dns/v1/axfr'];
    expect(asked.filter((url) => !isAsOfRoute(url))).toEqual([]);
    const live = [
      '/v1/instances/:id/logs',
      '/v1/instances/:id/exec',
      '/v1/instances/:id/stats',
      '/metrics',
      '/v2/events',
      '/v2/info',
      '/service/*',
    ];
    expect(live.filter(isAsOfRoute)).toEqual([]);
  });
});
