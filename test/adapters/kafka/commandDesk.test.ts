import { join } from 'node:path';
import { CloudEvent } from 'cloudevents';
import { describe, expect, onTestFinished, test } from 'vitest';
import { nthRoot } from '../../../src/adapters/http/onBehalf.ts';
import { type AnsweredStore, openAnswered } from '../../../src/adapters/kafka/answered.ts';
import { createCommandDesk, rootOfCommand } from '../../../src/adapters/kafka/commandDesk.ts';
import type { ReplyData } from '../../../src/adapters/kafka/commandForms.ts';
import type { EngineApi, Outcome } from '../../../src/adapters/kafka/engineApi.ts';
import type { Received } from '../../../src/adapters/kafka/readCommand.ts';
import { temporaryFolder } from '../../support/temporaryFolder.ts';

/** An engine that answers what it is told to, and remembers what it recorded. */
const engine = (answer: () => ReplyData | Promise<ReplyData> = () => ({ status: 200, headers: {}, body: { version: 'v1' } })) => {
  const asked: { method: string; path: string; body?: unknown; root: string }[] = [];
  const records = new Map<string, Outcome>();
  const api: EngineApi = {
    exchange: async ({ method, path, body }, root) => {
      asked.push({ method, path, root, ...(body !== undefined && { body }) });
      return answer();
    },
    recorded: async (root) => records.get(root),
  };
  return { api, asked, records };
};

const memory = (limits?: Parameters<typeof openAnswered>[1]): AnsweredStore => {
  const store = openAnswered(join(temporaryFolder(), 'commands.sqlite'), limits);
  onTestFinished(() => store.close());
  return store;
};

const deskOf = (api: EngineApi, answered = memory(), mode: 'structured' | 'binary' = 'structured') => {
  let now = 1_893_456_000_000;
  return createCommandDesk({
    api,
    answered,
    now: () => now++,
    wait: async () => {},
    prefix: 'wharf',
    source: 'urn:wharfinger:commands:wharf',
    mode,
  });
};

const command = (over: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => ({
  specversion: '1.0',
  id: 'order-7',
  source: '/shop/orders',
  type: 'dev.wharfinger.Command.v1',
  data: { method: 'PUT', path: '/v2/apps/web', body: { cmd: 'serve' } },
  ...over,
});

const received = (event: unknown, over: Partial<Received> = {}): Received => ({
  place: 'wharf.commands/0/41',
  key: Buffer.from('web'),
  value: Buffer.from(JSON.stringify(event)),
  headers: { 'content-type': Buffer.from('application/cloudevents+json; charset=utf-8') },
  ...over,
});

describe('a command', () => {
  test('is asked of the engine, and its answer is a CloudEvent that names it', async () => {
    const { api, asked } = engine();
    const reply = await deskOf(api).answer(received(command()));
    const root = rootOfCommand({ source: '/shop/orders', id: 'order-7' });
    expect(asked).toEqual([{ method: 'PUT', path: '/v2/apps/web', body: { cmd: 'serve' }, root }]);
    expect([reply.topic, reply.key]).toEqual(['wharf.replies', 'web']);
    const event = JSON.parse(reply.value ?? '');
    expect(event).toMatchObject({
      type: 'dev.wharfinger.Reply.v1',
      subject: 'order-7',
      correlationid: 'order-7',
      commandsource: '/shop/orders',
      requestid: root,
      data: { status: 200, body: { version: 'v1' } },
    });
    expect(() => new CloudEvent(event, true)).not.toThrow();
  });

  test('in binary mode is the same', async () => {
    const { api, asked } = engine();
    const { data, ...attributes } = command();
    const headers = Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`ce_${name}`, Buffer.from(String(value))]));
    const reply = await deskOf(api, memory(), 'binary').answer(
      received(data, { headers: { ...headers, 'content-type': Buffer.from('application/json') } }),
    );
    expect(asked).toHaveLength(1);
    expect(reply.headers).toMatchObject({
      ce_type: 'dev.wharfinger.Reply.v1',
      ce_correlationid: 'order-7',
      'content-type': 'application/json',
    });
    expect(JSON.parse(reply.value ?? '')).toMatchObject({ status: 200 });
  });

  test('that comes again is answered the same, letter by letter, and not carried out twice', async () => {
    const { api, asked } = engine();
    const store = memory();
    const first = await deskOf(api, store).answer(received(command()));
    expect(await deskOf(api, store).answer(received(command(), { place: 'wharf.commands/0/99' }))).toEqual(first);
    expect(asked).toHaveLength(1);
  });

  test('of another source may have the same id', async () => {
    const { api, asked } = engine();
    const desk = deskOf(api);
    await desk.answer(received(command()));
    await desk.answer(received(command({ source: '/shop/returns' })));
    expect(new Set(asked.map(({ root }) => root)).size).toBe(2);
  });

  test('under an id that was another command’s is refused', async () => {
    const { api, asked } = engine();
    const desk = deskOf(api);
    await desk.answer(received(command()));
    const reply = await desk.answer(received(command({ data: { method: 'DELETE', path: '/v2/apps/web' } })));
    expect(JSON.parse(reply.value ?? '').data).toMatchObject({
      status: 409,
      body: { message: "The id 'order-7' of '/shop/orders' was used for another command before" },
    });
    expect(asked).toHaveLength(1);
  });

  test('that was carried out, its answer lost, is told from the record and not carried out again', async () => {
    const { api, asked, records } = engine();
    const root = rootOfCommand({ source: '/shop/orders', id: 'order-7' });
    records.set(root, { kind: 'accepted' });
    const reply = await deskOf(api).answer(received(command()));
    expect(JSON.parse(reply.value ?? '').data).toMatchObject({ status: 200, fromRecord: true });
    records.set(root, { kind: 'refused', code: 'app-locked', message: 'App is locked' });
    const refused = await deskOf(api).answer(received(command()));
    expect(JSON.parse(refused.value ?? '').data).toMatchObject({ status: 409, body: { code: 'app-locked' }, fromRecord: true });
    // Made anew under a second root, as the API names it, where somebody else came in between.
    records.set(nthRoot(root, 1), { kind: 'accepted' });
    const anew = await deskOf(api).answer(received(command()));
    expect(JSON.parse(anew.value ?? '').data).toMatchObject({ status: 200, fromRecord: true });
    expect(asked).toEqual([]);
  });

  test('is kept where no engine answers: nothing is answered, nothing remembered', async () => {
    let isThere = false;
    const { api, asked } = engine(() => {
      if (!isThere) throw new Error('connect ENOENT wharf.sock');
      return { status: 201, headers: {} };
    });
    const desk = deskOf(api);
    await expect(desk.answer(received(command()))).rejects.toThrow('ENOENT');
    isThere = true;
    expect(JSON.parse((await desk.answer(received(command()))).value ?? '').data).toEqual({ status: 201, headers: {} });
    expect(asked).toHaveLength(2);
  });

  test('that meets a log which cannot be written may be sent again', async () => {
    let status = 503;
    const { api, asked } = engine(() => ({ status, headers: {}, body: { message: 'The log cannot be written' } }));
    const desk = deskOf(api);
    const first = JSON.parse((await desk.answer(received(command()))).value ?? '');
    // Once a second for a minute.
    expect([first.data.status, asked.length]).toEqual([503, 61]);
    status = 200;
    const second = JSON.parse((await desk.answer(received(command()))).value ?? '');
    expect([second.data.status, asked.length]).toEqual([200, 62]);
    expect(first.id).not.toBe(second.id);
  });

  test('that meets a log which cannot be written for a moment waits for it', async () => {
    const statuses = [503, 503, 201];
    const { api, asked } = engine(() => ({ status: statuses.shift() ?? 0, headers: {} }));
    const { data } = JSON.parse((await deskOf(api).answer(received(command()))).value ?? '');
    expect([data.status, asked.length]).toEqual([201, 3]);
  });

  test('whose acknowledgement was lost with a 503 is not asked again: the record tells', async () => {
    const { api, asked, records } = engine(() => {
      records.set(rootOfCommand({ source: '/shop/orders', id: 'order-7' }), { kind: 'accepted' });
      return { status: 503, headers: {} };
    });
    const { data } = JSON.parse((await deskOf(api).answer(received(command()))).value ?? '');
    expect([data.status, data.fromRecord, asked.length]).toEqual([200, true, 1]);
  });

  test('tells no secret in its answer', async () => {
    const { api } = engine(() => ({
      status: 201,
      headers: {},
      body: {
        id: '/web',
        env: { PASSWORD: 'hunter2' },
        containers: [{ environment: { TOKEN: 'hunter2' } }],
        container: { docker: { credential: { principal: 'me', secret: 'hunter2' }, parameters: [{ key: 'env', value: 'A=hunter2' }] } },
      },
    }));
    const { value } = await deskOf(api).answer(received(command()));
    expect(value).not.toContain('hunter2');
    expect(JSON.parse(value ?? '').data.body).toMatchObject({ id: '/web', env: { PASSWORD: { $withheld: 'sensitive' } } });
  });
});

describe('a message that is no command is answered 400, with what is wrong', () => {
  const put = { method: 'PUT', path: '/v2/apps/web' };
  test.for<readonly [string, unknown, string]>([
    ['no JSON object', 5, 'its value is no JSON object'],
    ['no id', command({ id: undefined }), 'a command needs an id and a source: texts that are not empty'],
    ['another version', command({ specversion: '0.3' }), "specversion must be '1.0'"],
    ['another type', command({ type: 'x' }), "type must be 'dev.wharfinger.Command.v1'"],
    ['no data', command({ data: undefined }), 'data: Invalid input: expected object, received undefined'],
    ['a read', command({ data: { ...put, method: 'GET' } }), 'data.method: Invalid option: expected one of "POST"|"PUT"|"PATCH"|"DELETE"'],
    ['a word too much', command({ data: { ...put, headers: {} } }), 'data: Unrecognized key: "headers"'],
    ['a long name', command({ id: 'x'.repeat(2_049) }), 'source and id are longer than 2048 characters together'],
    ['a bad attribute', command({ time: 'yesterday' }), 'it is no CloudEvent: '],
  ])('%s', async ([, event, message]) => {
    const { api, asked } = engine();
    const { value, key } = await deskOf(api).answer(received(event));
    const reply = JSON.parse(value ?? '');
    expect([reply.data.status, key, asked]).toEqual([400, 'web', []]);
    expect(reply.data.body.message).toContain(message);
    expect(() => new CloudEvent(reply, true)).not.toThrow();
  });

  test.for([
    '/v2/apps/../../acs/api/v1/auth/login',
    '/v2/apps/%2e%2e/%2E%2e/acs/api/v1/auth/login',
    '//elsewhere/v2/apps',
    '/v1/instances/x/exec',
    '/acs/api/v1/auth/login',
    '/v2/appsolutely',
    '/v2/leader',
    '/v1/sealed/shred',
    'v2/apps',
    '/v2/apps/a b',
    '/v2/apps/a#b',
    '/v2/apps\\..\\x',
  ])('the path %s', async (path) => {
    const { api, asked } = engine();
    const { value } = await deskOf(api).answer(received(command({ data: { method: 'POST', path } })));
    expect([JSON.parse(value ?? '').data.status, asked]).toEqual([400, []]);
    expect(JSON.parse(value ?? '').data.body.message).toContain('data.path: must be');
  });

  test.for(['/v2/apps//shop/web?force=true', '/v2/apps', '/v2/groups/', '/v1/nodes/berth-1', '/v2/apps/a%20b'])(
    'not the path %s',
    async (path) => {
      const { api, asked } = engine();
      await deskOf(api).answer(received(command({ data: { method: 'POST', path } })));
      expect(asked.map((each) => each.path)).toEqual([path]);
    },
  );

  test.for<readonly [string, Partial<Received>, string]>([
    ['no headers', { headers: {} }, 'it is no CloudEvent'],
    ['a tombstone', { value: null }, 'its value is no JSON object'],
    ['no UTF-8', { value: Buffer.from([0xff, 0xfe]) }, 'its value is no JSON object'],
    [
      'binary mode without JSON',
      { headers: { ce_specversion: '1.0', 'content-type': 'text/plain' } },
      'content-type must be application/json',
    ],
  ])('%s, by its place', async ([, over, message]) => {
    const { api } = engine();
    const desk = deskOf(api);
    const reply = JSON.parse((await desk.answer(received(command(), { key: null, ...over }))).value ?? '');
    expect(reply).toMatchObject({ subject: 'wharf.commands/0/41', data: { status: 400 } });
    expect(reply.data.body.message).toContain(message);
    expect(reply).not.toHaveProperty('correlationid');
  });
});

describe('what was answered', () => {
  const name = (nth: number) => ({ source: '/a', id: `${nth}` });
  const answer = (reply: string) => ({ digest: 'd', time: 't', reply });

  test('is remembered by the next process', () => {
    const file = join(temporaryFolder(), 'commands.sqlite');
    const first = openAnswered(file);
    first.remember(name(1), answer('one'));
    first.close();
    const second = openAnswered(file);
    expect(second.find(name(1))).toEqual(answer('one'));
    expect(second.find({ source: '/b', id: '1' })).toBeUndefined();
    second.close();
  });

  test.for([[{ count: 3 }], [{ bytes: 3 * 103 }]] as const)('is forgotten, the oldest first, beyond %j', ([limits]) => {
    const store = memory(limits);
    for (let nth = 1; nth <= 7; nth++) store.remember(name(nth), answer('x'.repeat(100)));
    expect([1, 2, 3, 4, 5, 6, 7].filter((nth) => store.find(name(nth)) !== undefined)).toEqual([5, 6, 7]);
  });
});
