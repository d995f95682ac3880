import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RealEngine, realEngine } from '../terminal.ts';
import { fakeMarathon, group, holding, of14, of011, of111 } from './fakeMarathon.ts';

let engine: RealEngine;
beforeAll(async () => {
  engine = await realEngine();
});
afterAll(() => engine.end());

const app = async (id: string) => (await engine.wharf(['app', 'show', id, '--json'])).json.app;

const shop = (prefix: string) =>
  group('/', {
    groups: [
      group(`/${prefix}`, {
        apps: [
          of111(`/${prefix}/web`, {
            dependencies: [`/${prefix}/data/db`],
            portDefinitions: [{ port: 10_777, name: 'http', protocol: 'tcp' }],
          }),
        ],
        groups: [group(`/${prefix}/data`, { apps: [of14(`/${prefix}/data/db`), of011(`/${prefix}/data/cache`, { ports: [10_778] })] })],
      }),
    ],
  });

test('an import shows what is new, writes it, and finds nothing left the second time', async () => {
  const { url, asked } = await fakeMarathon({ answers: holding(shop('first')) });
  const shown = await engine.wharf(['import', 'marathon', url, '--dry-run']);
  expect(shown).toMatchObject({ code: 0, err: '' });
  expect(shown.out).toContain(`Marathon 1.4.5 at ${url} (3 apps, 0 pods) → `);
  expect(shown.out).toContain('new       /first/web  1 instance  exec sleep 1000\n');
  expect(shown.out).toContain('3 apps would be written; this was a dry run\n');
  expect((await engine.wharf(['app', 'list', '--json'])).json.apps).toEqual([]);

  const done = await engine.wharf(['import', 'marathon', url, '--yes']);
  expect(done).toMatchObject({ code: 0, err: '' });
  expect(done.out).toContain('3 apps written\n');
  expect(await app('/first/web')).toMatchObject({
    dependencies: ['/first/data/db'],
    portDefinitions: [{ port: 10_777, name: 'http' }],
    tasksRunning: 1,
  });
  expect((await app('/first/data/db')).unreachableStrategy).toEqual({ inactiveAfterSeconds: 300, expungeAfterSeconds: 600 });
  expect((await app('/first/data/cache')).portDefinitions).toMatchObject([{ port: 10_778 }]);

  const again = await engine.wharf(['import', 'marathon', url, '--yes', '--json']);
  expect(again.json).toMatchObject({ new: [], changed: [], refused: [], deployments: [] });
  expect(again.json.equal.map(({ id }: { id: string }) => id)).toEqual(['/first/data/cache', '/first/data/db', '/first/web']);
  expect(asked.every((each) => each.startsWith('GET '))).toBe(true);
});

test('what differs is told field by field, secrets left out, and what is only here stays', async () => {
  const before = await fakeMarathon({
    answers: holding(group('/', { apps: [of111('/differs'), of111('/stays', { portDefinitions: [] })] })),
  });
  expect(await engine.wharf(['import', 'marathon', before.url, '--yes'])).toMatchObject({ code: 0 });
  const after = await fakeMarathon({
    answers: holding(
      group('/', { apps: [of111('/differs', { mem: 24, env: { RELEASE: '2', PASSWORD: 'xyzzy' }, labels: { team: 'a' } })] }),
    ),
  });
  const shown = await engine.wharf(['import', 'marathon', after.url, '--dry-run', '--json']);
  expect(shown.json.changed).toEqual([
    {
      kind: 'app',
      id: '/differs',
      differences: [
        { path: 'env.PASSWORD', from: null, to: '…' },
        { path: 'env.RELEASE', from: '…', to: '…' },
        { path: 'labels.team', from: null, to: 'a' },
        { path: 'mem', from: 16, to: 24 },
      ],
    },
  ]);
  expect(shown.json.onlyHere).toContain('/stays');
  const done = await engine.wharf(['import', 'marathon', after.url, '--yes']);
  expect(done.out).toContain('            mem: 16 → 24\n');
  expect(done.out).toContain('only here /stays, which stays as it is\n');
  expect(done.out + done.err).not.toContain('xyzzy');
  expect(await app('/differs')).toMatchObject({ mem: 24, env: { PASSWORD: 'xyzzy' } });
  expect(await app('/stays')).toMatchObject({ instances: 1 });
});

test('what cannot be carried is told with its reason and stops all of it, unless it is to be left out', async () => {
  const external = [
    { containerPath: '/data', mode: 'RW', external: { name: 'v', provider: 'dvdi', options: { 'dvdi/driver': 'rexray' } } },
  ];
  const root = group('/', {
    groups: [
      group('/mixed', {
        apps: [
          of111('/mixed/fine', { portDefinitions: [], dependencies: ['/mixed/stateful'] }),
          of111('/mixed/stateful', {
            container: { type: 'DOCKER', docker: { image: 'postgres:9' }, volumes: external },
            portDefinitions: [],
          }),
          of14('/mixed/secret', { env: { PASSWORD: { secret: 'pw' } }, secrets: { pw: { source: '/db/pw' } } }),
        ],
      }),
    ],
  });
  const { url } = await fakeMarathon({ answers: holding(root) });
  const refused = await engine.wharf(['import', 'marathon', url, '--yes']);
  expect(refused).toMatchObject({ code: 1 });
  expect(refused.err).toContain('wharf: 2 cannot be carried, and nothing was changed\n');
  expect(refused.out).toContain('refused   /mixed/stateful\n            /container/volumes(0)/external: ');
  expect(refused.out).toContain('refused   /mixed/secret\n            /secrets: ');
  expect((await engine.wharf(['app', 'show', '/mixed/fine'])).code).toBe(1);

  const rest = await engine.wharf(['import', 'marathon', url, '--yes', '--skip-unsupported']);
  expect(rest).toMatchObject({ code: 0, err: '' });
  expect(rest.out).toContain('note      /mixed/fine depends on /mixed/stateful, which is left out\n');
  expect(rest.out).toContain('1 app written; 2 left out\n');
  expect(await app('/mixed/fine')).toMatchObject({ instances: 1 });
  expect((await engine.wharf(['app', 'show', '/mixed/stateful'])).code).toBe(1);
});

test('a copy can begin with no instances, remembers how many there were, and is not scaled down when it is looked at again', async () => {
  const root = group('/', { apps: [of111('/sleepy', { instances: 2, portDefinitions: [] })] });
  const { url } = await fakeMarathon({ answers: holding(root) });
  expect(await engine.wharf(['import', 'marathon', url, '--suspended', '--yes'])).toMatchObject({ code: 0 });
  expect(await app('/sleepy')).toMatchObject({ instances: 0, labels: { WHARF_IMPORTED_INSTANCES: '2' } });
  expect(await engine.wharf(['app', 'scale', '/sleepy', '1', '--wait'])).toMatchObject({ code: 0 });
  const again = await engine.wharf(['import', 'marathon', url, '--suspended', '--yes', '--json']);
  expect(again.json).toMatchObject({ new: [], changed: [] });
  const woken = await engine.wharf(['import', 'marathon', url, '--yes']);
  expect(woken.out).toContain('            instances: 1 → 2\n');
  expect(await app('/sleepy')).toMatchObject({ instances: 2, labels: {} });
});

test('what was imported suspended starts with as many instances as there were, without its source', async () => {
  const apps = [
    of111('/nap/two', { instances: 2, portDefinitions: [], labels: { team: 'a' } }),
    of111('/nap/one', { portDefinitions: [] }),
  ];
  const { url } = await fakeMarathon({ answers: holding(group('/', { groups: [group('/nap', { apps })] })) });
  expect((await engine.wharf(['import', 'marathon', url, '--suspended', '--yes'])).code).toBe(0);
  const shown = await engine.wharf(['import', 'resume', '/nap', '--dry-run', '--json']);
  expect(shown.json).toMatchObject({ new: [], equal: [], onlyHere: [], changed: [{ id: '/nap/one' }, { id: '/nap/two' }] });
  const done = await engine.wharf(['import', 'resume', '/nap', '--yes']);
  expect([done.code, done.err]).toEqual([0, '']);
  expect(await app('/nap/two')).toMatchObject({ instances: 2, tasksRunning: 2, labels: { team: 'a' } });
  const again = await engine.wharf(['import', 'resume', '/nap', '--yes']);
  expect([again.code, again.out.split('\n').at(-2)]).toEqual([0, 'nothing to write: all of it is there']);
});

test('part of a source goes below another group, with its dependencies; texts that name the old place are told', async () => {
  const root = group('/', {
    groups: [
      group('/one', {
        apps: [
          of111('/one/web', { dependencies: ['/one/db'], env: { DB_APP: '/one/db', URL: 'http://x/other' }, portDefinitions: [] }),
          of111('/one/db', { portDefinitions: [] }),
        ],
      }),
      group('/two', { apps: [of111('/two/web', { portDefinitions: [] })] }),
    ],
  });
  const { url } = await fakeMarathon({ answers: holding(root) });
  const done = await engine.wharf(['import', 'marathon', url, '--only', '/one', '--into', 'copies/here', '--yes']);
  expect(done).toMatchObject({ code: 0, err: '' });
  expect(done.out).toContain(
    'note      /copies/here/one/web: env.DB_APP names /one/db, which is /copies/here/one/db here; it is left as it is\n',
  );
  expect(await app('/copies/here/one/web')).toMatchObject({ dependencies: ['/copies/here/one/db'], env: { DB_APP: '/one/db' } });
  expect((await engine.wharf(['app', 'show', '/copies/here/two/web'])).code).toBe(1);
  expect(await engine.wharf(['import', 'marathon', url, '--only', '/nine', '--yes'])).toMatchObject({
    code: 1,
    err: `wharf: ${url} has nothing at /nine\n`,
  });
});

test('a Marathon that answers no tree is read by its lists', async () => {
  const { url } = await fakeMarathon({
    answers: { '/v2/info': { name: 'marathon', version: '0.11.1' }, '/v2/apps': { apps: [of011('/listed/web', { ports: [] })] } },
  });
  expect(await engine.wharf(['import', 'marathon', url, '--yes'])).toMatchObject({ code: 0, err: '' });
  expect(await app('/listed/web')).toMatchObject({ instances: 1, portDefinitions: [] });
});

test('nobody is asked where nobody is there, and a no changes nothing', async () => {
  const { url } = await fakeMarathon({ answers: holding(group('/', { apps: [of111('/asked', { portDefinitions: [] })] })) });
  const alone = await engine.wharf(['import', 'marathon', url]);
  expect(alone).toMatchObject({ code: 2, err: 'wharf: nothing was changed: --yes writes without asking, --dry-run only shows\n' });
  expect(alone.out).toContain('new       /asked');
  const questions: string[] = [];
  const replying = (reply: string) => ({
    ask: async (question: string) => {
      questions.push(question);
      return reply;
    },
  });
  expect(await engine.wharf(['import', 'marathon', url], replying('n'))).toMatchObject({ code: 1, err: 'wharf: nothing was changed\n' });
  expect(questions[0]).toMatch(/^Write 1 app to .*\? \[y\/N\] $/);
  expect((await engine.wharf(['app', 'show', '/asked'])).code).toBe(1);
  expect(await engine.wharf(['import', 'marathon', url], replying('y'))).toMatchObject({ code: 0 });
  expect((await engine.wharf(['app', 'show', '/asked'])).code).toBe(0);
});
