import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RealEngine, realEngine } from './terminal.ts';

let engine: RealEngine;
beforeAll(async () => {
  engine = await realEngine();
});
afterAll(() => engine.end());

const app = (id: string, more: Readonly<Record<string, unknown>> = {}) => ({ id, cmd: 'exec sleep 1000', cpus: 0.01, mem: 16, ...more });
const file = (id: string, apps: readonly object[], more: object = {}): { readonly stdin: string } => ({
  stdin: JSON.stringify({ id, apps, ...more }),
});
const shop = file('/shop', [app('web', { dependencies: ['api'] }), app('api', { instances: 2 })], {
  groups: [{ id: 'jobs', apps: [app('clock')], dependencies: ['/shop/api'] }],
});
const idsBelow = async (group: string): Promise<readonly string[]> =>
  (await engine.wharf(['app', 'list', '--json'])).json.apps.flatMap(({ id }: { id: string }) => (id.startsWith(`${group}/`) ? [id] : []));

test('a group is deployed from a file, shown as a tree, scaled, rolled back and removed, each time to its end', async () => {
  const { wharf } = engine;
  const foreseen = await wharf(['group', 'deploy', '-', '--dry-run'], shop);
  expect(foreseen).toMatchObject({ code: 0, err: '' });
  expect(foreseen.out).toMatch(/^set +group \/shop\n.*create +\/shop\/api\n.*create +\/shop\/web\nthis was a dry run\n$/s);
  expect(await idsBelow('/shop')).toEqual([]);

  const made = await wharf(['group', 'deploy', '-', '--wait'], shop);
  expect(made).toMatchObject({ code: 0, err: '' });
  expect(made.out.split('\n').at(-2)).toBe('/shop: succeeded');
  const { out: tree } = await wharf(['group', 'list', 'shop']);
  expect(tree.split('\n').map((line) => line.split(/ {2,}/).slice(0, 2))).toEqual([
    ['GROUP', 'RUNNING'],
    ['/shop', '-'],
    ['├─ api', '2/2'],
    ['├─ web', '1/1'],
    ['└─ jobs', '/shop/api'],
    ['', '└─ clock'],
    [''],
  ]);
  const shown = await wharf(['group', 'show', '/shop']);
  expect(shown.out).toMatch(/^Group: +\/shop\nVersion: +\S+ \(\d+s ago; \d+ in all\)\nHolds: +3 apps, 0 pods\n/);

  const { version } = (await wharf(['group', 'show', 'shop', '--json'])).json;
  expect(await wharf(['group', 'scale', '/shop', '2', '--wait'])).toMatchObject({ code: 0, err: '' });
  expect((await wharf(['app', 'show', '/shop/api', '--json'])).json.app.instances).toBe(4);
  expect(await wharf(['group', 'rollback', '/shop', version, '--wait'])).toMatchObject({ code: 0, err: '' });
  expect((await wharf(['app', 'show', '/shop/api', '--json'])).json.app.instances).toBe(2);
  expect((await wharf(['group', 'versions', '/shop', '--json'])).json.versions).toContain(version);
  expect((await wharf(['history', '/shop'])).out).toContain('/shop');

  const refused = await wharf(['group', 'remove', '/shop']);
  expect(refused).toMatchObject({ code: 2, err: 'wharf: nothing was changed: --yes removes without asking, --dry-run only shows\n' });
  expect(refused.out).toMatch(/remove +\/shop\/api\n/);
  expect(await wharf(['group', 'remove', '/shop', '--yes', '--wait'])).toMatchObject({ code: 0, err: '' });
  expect(await wharf(['group', 'show', '/shop'])).toMatchObject({ code: 1, err: "wharf: Group '/shop' does not exist\n" });
  expect((await wharf(['history', '/shop'])).code).toBe(0);
});

test('whoever would lose something is asked first; a file that does not say how many leaves as many as there are', async () => {
  const { wharf } = engine;
  await wharf(['group', 'deploy', '-', '--wait'], file('/few', [app('a', { instances: 2 }), app('b')]));
  const questions: string[] = [];
  const answering = (answer: string) => async (question: string) => {
    questions.push(question);
    return answer;
  };
  const less = file('few', [app('a', { cmd: 'exec sleep 2000' })]);
  expect(await wharf(['group', 'deploy', '-'], { ...less, ask: answering('n') })).toMatchObject({
    code: 1,
    err: 'wharf: nothing was changed\n',
  });
  expect(await idsBelow('/few')).toEqual(['/few/a', '/few/b']);
  const done = await wharf(['group', 'deploy', '-', '--wait'], { ...less, ask: answering('y') });
  expect(done.out).toMatch(/change +\/few\/a\n +cmd: 'exec sleep 1000' → 'exec sleep 2000'\nremove +\/few\/b\n/);
  expect(questions).toEqual(['Remove 1 app? [y/N] ', 'Remove 1 app? [y/N] ']);
  expect(await idsBelow('/few')).toEqual(['/few/a']);
  expect((await wharf(['app', 'show', '/few/a', '--json'])).json.app.instances).toBe(2);
  expect((await wharf(['group', 'deploy', '-'], less)).out).toContain('/few: nothing differs from what is there\n');
  expect(await wharf(['group', 'deploy', '-'], file('/bad', [app('x', { cpus: -1 })]))).toMatchObject({
    code: 1,
    err: expect.stringContaining('/apps(0)/cpus'),
  });
  expect(await wharf(['group', 'deploy', '-'], { stdin: '[{}, {}]' })).toMatchObject({ code: 2 });
  expect(await wharf(['group', 'scale', '/few', 'much'])).toMatchObject({ code: 2 });
});

test('the deployment of a group is listed with all that it moves, told in sentences, and cancelled with its way back', async () => {
  const { wharf } = engine;
  const stuck = app('api', { constraints: [['hostname', 'LIKE', 'nowhere']] });
  const begun = await wharf(['group', 'deploy', '-', '--json'], file('/stuck', [app('web', { dependencies: ['api'] }), stuck]));
  const [{ id }] = begun.json.deployments;
  const { out } = await wharf(['deployment', 'list']);
  expect(out).toMatch(/^DEPLOYMENT +MOVES +STEP +DOES +TO VERSION\n/);
  expect(out).toMatch(new RegExp(`${id} +/stuck/api, /stuck/web +[12] of 3 +(Start|Scale)Application `));
  const story = (await wharf(['history', id])).out;
  expect(story).toContain('/stuck');
  expect(story).toContain('/stuck/api');
  const back = await wharf(['deployment', 'cancel', id, '--wait']);
  expect(back).toMatchObject({ code: 0, err: '' });
  expect(await idsBelow('/stuck')).toEqual([]);
});
