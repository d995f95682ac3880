import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RealEngine, realEngine, sleeper } from './terminal.ts';

let engine: RealEngine;
beforeAll(async () => {
  engine = await realEngine();
});
afterAll(() => engine.end());

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const readyIds = async (id: string): Promise<readonly string[]> =>
  (await engine.wharf(['app', 'show', id, '--json'])).json.endpoints.map(({ instance }: { instance: string }) => instance).sort();

test('an app is deployed, changed, rolled back, scaled, restarted, killed and removed, each time to its end', async () => {
  const { wharf } = engine;
  const file = join(engine.dataDir, 'life.json');
  writeFileSync(file, sleeper('/life'));
  const deployed = await wharf(['app', 'deploy', file, '--wait']);
  expect(deployed).toMatchObject({ code: 0, err: '' });
  expect(deployed.out.split('\n').at(-2)).toBe('/life: succeeded');
  const first = await readyIds('/life');
  expect(first).toHaveLength(2);

  const changed = await wharf(['app', 'deploy', '-', '--wait', '--json'], { stdin: sleeper('/life', { env: { RELEASE: '2' } }) });
  expect(changed.json.deployments).toEqual([
    { id: expect.stringMatching(UUID), app: '/life', version: expect.any(String), outcome: 'succeeded' },
  ]);
  expect((await readyIds('/life')).some((id) => first.includes(id))).toBe(false);

  expect(await wharf(['app', 'scale', 'life', '1', '--wait'])).toMatchObject({ code: 0 });
  expect(await readyIds('/life')).toHaveLength(1);
  // What went before the scaling ran the same; the configuration before that is what to go back to.
  expect(await wharf(['app', 'rollback', '/life', '--wait'])).toMatchObject({ code: 0 });
  const { app, versions } = (await wharf(['app', 'show', '/life', '--json'])).json;
  expect(app.env).toEqual({ RELEASE: '1' });
  expect(versions).toHaveLength(4);

  const before = await readyIds('/life');
  expect(await wharf(['app', 'restart', '/life', '--wait'])).toMatchObject({ code: 0 });
  const after = await readyIds('/life');
  expect(after.some((id) => before.includes(id))).toBe(false);

  const victim = after[0] ?? '';
  const killed = await wharf(['app', 'kill', '/life', victim.slice(0, 8), '--wait', '--json']);
  expect(killed.json).toEqual({ app: '/life', killed: [victim] });
  expect(await readyIds('/life')).toEqual(expect.not.arrayContaining([victim]));

  const fewer = await wharf(['app', 'kill', '/life', '--scale', '--wait']);
  expect(fewer.code).toBe(0);
  expect(await readyIds('/life')).toEqual([]);

  expect(await wharf(['app', 'remove', '/life', '--wait'])).toMatchObject({ code: 0 });
  expect(await wharf(['app', 'show', '/life'])).toEqual(
    expect.objectContaining({ code: 1, out: '', err: "wharf: App '/life' does not exist\n" }),
  );
});

test('an array of apps is deployed at once, and the list shows them as a table or as the API has them', async () => {
  const { wharf } = engine;
  const both = `[${sleeper('/many/a', { instances: 1 })}, ${sleeper('/many/b', { instances: 1 })}]`;
  const deployed = await wharf(['app', 'deploy', '-', '--wait'], { stdin: both });
  expect(deployed.code).toBe(0);
  expect(deployed.out).toContain('/many/a, /many/b: succeeded\n');
  const list = await wharf(['app', 'list']);
  const [head, ...rows] = list.out.trimEnd().split('\n');
  expect(head).toMatch(/^APP +RUNNING +HEALTH +CPUS +MEM +CHANGED$/);
  expect(rows.filter((row) => row.startsWith('/many/'))).toHaveLength(2);
  expect(rows.find((row) => row.startsWith('/many/a'))).toMatch(/^\/many\/a +1\/1 +- +0\.01 +16 +\d+s$/);
  const { apps } = (await wharf(['app', 'list', '--json'])).json;
  expect(apps.map(({ id }: { id: string }) => id)).toEqual(expect.arrayContaining(['/many/a', '/many/b']));
});

test('a file that says no number of instances leaves as many as there are', async () => {
  const { wharf } = engine;
  await wharf(['app', 'deploy', '-', '--wait'], { stdin: sleeper('/kept', { instances: 2 }) });
  const { instances: _, ...silent } = JSON.parse(sleeper('/kept', { mem: 20 }));
  expect(await wharf(['app', 'deploy', '-', '--wait'], { stdin: JSON.stringify(silent) })).toMatchObject({ code: 0 });
  expect((await wharf(['app', 'show', '/kept', '--json'])).json.app).toMatchObject({ instances: 2, mem: 20 });
});

test('what is wrong with a definition is told path by path, and nothing is written', async () => {
  const { wharf, server } = engine;
  const before = server.log.head();
  const ran = await wharf(['app', 'deploy', '-'], { stdin: sleeper('/wrong', { cpus: -1, mem: -1 }) });
  expect(ran).toMatchObject({ code: 1, out: '' });
  const [sentence, ...details] = ran.err.trimEnd().split('\n');
  expect(sentence).toBe('wharf: this is not valid, and nothing was changed');
  expect(details).toEqual(['  /cpus: is less than it may be', '  /mem: is less than it may be']);
  expect(server.log.head()).toBe(before);
});

test('a definition without an id is refused for that', async () => {
  const ran = await engine.wharf(['app', 'deploy', '-'], { stdin: JSON.stringify({ cmd: 'sleep 1000' }) });
  expect(ran.code).toBe(1);
  expect(ran.err).toContain('/id: ');
});

test('unknown fields are refused with what they may mean, or let pass with a warning', async () => {
  const stdin = sleeper('/typo', { instnces: 3, instances: 0, owner: 'é' });
  const refused = await engine.wharf(['app', 'deploy', '-'], { stdin });
  expect([refused.code, refused.err.trimEnd().split('\n').slice(1)]).toEqual([
    1,
    ['  /instnces: is not a known field; did you mean `instances`?', '  /owner: is not a known field'],
  ]);
  const passed = await engine.wharf(['app', 'deploy', '-', '--allow-unknown'], { stdin });
  expect([passed.code, passed.err.trimEnd().split('\n')]).toEqual([
    0,
    [
      'warning: /typo: /instnces is not a known field; did you mean `instances`? It is kept, and nothing follows from it',
      'warning: /typo: /owner is not a known field; it is kept, and nothing follows from it',
    ],
  ]);
});

test('a change in place replaces instances only where that is asked for', async () => {
  const { wharf } = engine;
  const tasksOf = async () => (await wharf(['app', 'show', '/placed', '--json'])).json.app.tasks.map(({ id }: { id: string }) => id);
  const labelled = (team: string) => ({ stdin: sleeper('/placed', { instances: 1, labels: { team } }) });
  await wharf(['app', 'deploy', '-', '--wait'], labelled('a'));
  const before = await tasksOf();
  expect(await wharf(['app', 'deploy', '-', '--wait'], labelled('b'))).toMatchObject({ code: 0 });
  expect(await tasksOf()).toEqual(before);
  expect(await wharf(['app', 'deploy', '-', '--wait', '--restart', 'marathon'], labelled('c'))).toMatchObject({ code: 0 });
  expect(await tasksOf()).not.toEqual(before);
  expect(await wharf(['app', 'deploy', '-', '--restart', 'always'], labelled('c'))).toMatchObject({ code: 2 });
});

test('files that hold no definitions are wrong usage', async () => {
  const { wharf } = engine;
  expect(await wharf(['app', 'deploy', '/nonexistent.json'])).toMatchObject({
    code: 2,
    err: 'wharf: there is no file /nonexistent.json\n',
  });
  expect(await wharf(['app', 'deploy', '-'], { stdin: '{' })).toMatchObject({
    code: 2,
    err: expect.stringMatching(/^wharf: standard input is no JSON/),
  });
  expect(await wharf(['app', 'deploy', '-'], { stdin: '[]' })).toMatchObject({ code: 2 });
  expect(await wharf(['app', 'scale', '/x', 'many'])).toMatchObject({ code: 2, err: "wharf: 'many' is no number of instances\n" });
});

test('a deployment that cannot go on says why, holds its lock, can be left, watched and cancelled', async () => {
  const { wharf } = engine;
  await wharf(['app', 'deploy', '-', '--wait'], { stdin: sleeper('/stuck', { instances: 1 }) });
  const leaving = new AbortController();
  const left = await wharf(['app', 'deploy', '-', '--wait'], {
    stdin: sleeper('/stuck', { instances: 1, cpus: 4_000 }),
    interrupted: leaving.signal,
    onOut: (out) => {
      if (out.includes('no node fits')) leaving.abort();
    },
  });
  expect(left.code).toBe(130);
  expect(left.out).toMatch(/0 of 1 ready; 1 of the old still up; 1 waits: no node fits \(cpus on 1 node\)\n/);
  const [warning, ...rest] = left.err.split('\n');
  expect(warning).toBe('warning: /stuck: /cpus cannot be satisfied by the present pool: no node has 4000 cpus; the largest has 2');
  expect(rest.join('\n')).toMatch(/^wharf: no longer waiting; the deployment goes on\n {2}wharf deployment watch [0-9a-f-]{36}\n$/);

  const { deployments } = (await wharf(['deployment', 'list', '--json'])).json;
  const [{ id }] = deployments;
  expect((await wharf(['deployment', 'list'])).out).toContain(id);
  expect((await wharf(['queue'])).out).toMatch(/\/stuck +1 +\d+s +1 waits: no node fits \(cpus on 1 node\)/);
  expect((await wharf(['queue', '--json'])).json.queue).toMatchObject([{ count: 1, app: { id: '/stuck' } }]);
  expect((await wharf(['app', 'show', '/stuck'])).out).toMatch(/^Waiting: +1 waits: no node fits/m);

  const locked = await wharf(['app', 'restart', '/stuck']);
  expect(locked).toMatchObject({
    code: 1,
    err: `wharf: another deployment of the app is running\n  held by deployment ${id}; --force takes over from it\n`,
  });

  const watched = wharf(['deployment', 'watch', id.slice(0, -1)]);
  const back = await wharf(['deployment', 'cancel', id]);
  expect(back).toMatchObject({ code: 0, out: expect.stringMatching(/^\/stuck: deployment [0-9a-f-]{36} began; /) });
  const reverting = /deployment (\S+)/.exec(back.out)?.[1] ?? '';
  expect((await wharf(['deployment', 'watch', reverting])).code).toBe(0);
  expect(await watched).toMatchObject({ code: 1, err: expect.stringContaining('the deployment was not completed: cancelled') });
  expect((await wharf(['app', 'show', '/stuck', '--json'])).json.app.cpus).toBe(0.01);

  const more = await wharf(['app', 'deploy', '-', '--json'], { stdin: sleeper('/stuck', { instances: 1, cpus: 4_000 }) });
  const again = more.json.deployments[0].id;
  expect(await wharf(['deployment', 'cancel', again, '--force'])).toMatchObject({
    code: 0,
    out: `deployment ${again} was cancelled; what it made stays\n`,
  });
  expect(await wharf(['deployment', 'watch', again])).toMatchObject({ code: 1 });
  expect(await wharf(['deployment', 'watch', 'ffffffff'])).toMatchObject({ code: 1, err: "wharf: there is no deployment 'ffffffff'\n" });
});

test('a launch that fails is told with its reason while one waits', async () => {
  const leaving = new AbortController();
  const ran = await engine.wharf(['app', 'deploy', '-', '--wait'], {
    stdin: sleeper('/absent', { instances: 1, cmd: null, args: ['/no/such/program'] }),
    interrupted: leaving.signal,
    onOut: (out) => {
      if (out.includes('last failure')) leaving.abort();
    },
  });
  expect(ran.code).toBe(130);
  expect(ran.out).toMatch(/last failure: CommandNotFound: /);
});

test('on a terminal the progress is a bar that stays in its place', async () => {
  const { code, out } = await engine.wharf(['app', 'deploy', '-', '--wait'], { stdin: sleeper('/bar', { instances: 1 }), columns: 80 });
  expect(code).toBe(0);
  expect(out).toContain('\u001b[1A\r\u001b[2K');
  expect(out).toMatch(/\/bar \[#{24}\] succeeded \(\d+ s\)\n$/);
});

test('an app that never changed has nothing to go back to', async () => {
  const { wharf } = engine;
  await wharf(['app', 'deploy', '-', '--wait'], { stdin: sleeper('/young', { instances: 0 }) });
  expect(await wharf(['app', 'rollback', '/young'])).toMatchObject({
    code: 1,
    err: 'wharf: /young has no earlier version to go back to\n',
  });
  expect(await wharf(['app', 'rollback', '/young', '2001-01-01T00:00:00.000Z'])).toMatchObject({
    code: 1,
    err: "wharf: App '/young' does not exist in version 2001-01-01T00:00:00.000Z\n",
  });
});
