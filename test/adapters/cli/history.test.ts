import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSimulatedServer, type SimulatedServer } from '../../support/simulatedServer.ts';
import { folderForFile } from '../../support/temporaryFolder.ts';
import { type Ran, type Typed, type } from './terminal.ts';

/* One cluster with an app that was deployed and changed once; every command asks about that. */

const folder = folderForFile();
let server: SimulatedServer;
let before: number;
let deployment: string;
const wharf = (argv: readonly string[], typed?: Typed): Promise<Ran> => type(['--data-dir', folder, ...argv], typed);
const app = (version: number) => ({
  id: '/shop/web',
  cmd: `serve ${version}`,
  cpus: 0.1,
  mem: 32,
  instances: 2,
  env: { TOKEN: `hunter${version}` },
});

beforeAll(async () => {
  server = await openSimulatedServer({ dataDir: folder });
  await server.api.ask('POST', '/v2/apps', app(1));
  await server.atRest();
  before = server.engine.log.head();
  ({ deploymentId: deployment } = await server.api.ask('PUT', '/v2/apps/shop/web', app(2)));
  await server.atRest();
  await server.api.ask('POST', '/v1/nodes/berth-2/cordon', { reason: 'new disk, and more' });
});
afterAll(() => server.close());

const positions = (ran: Ran): readonly number[] => ran.lines.map(({ position }) => position);

test('a story comes as lines, as a table, as JSON lines, as CSV and as one document, all with the same facts', async () => {
  const document = (await wharf(['history', '/shop/web', '--json'])).json;
  const lines = await wharf(['history', '/shop/web']);
  expect(lines.out.trimEnd().split('\n')).toHaveLength(document.history.length);
  expect(lines.out.split('\n')[0]).toMatch(/^\d{4}-\S+Z {2}DeployApp was asked for of \/shop\/web and accepted\. {2}\[\S+\]$/);
  expect((await wharf(['history', '/shop/web', '--jsonl'])).lines).toEqual(document.history);
  const [head, ...rows] = (await wharf(['history', '/shop/web', '--table'])).out.trimEnd().split('\n');
  expect(head).toMatch(/^POSITION +AT +TYPE +WHAT +BY$/);
  expect(rows.map((row) => Number(row.split(' ')[0]))).toEqual(document.history.map(({ position }: { position: number }) => position));
  const csv = (await wharf(['history', 'berth-2', '--csv', '--type', 'NodeCordoned'])).out;
  expect(csv).toMatch(
    /^position,at,stream,revision,type,state,by,correlationId,causationId,void,sentence\r\n\d+,\S+Z,node-berth-2,\d+,NodeCordoned,\S+,\S+,\S+,\S+,,"Node berth-2 takes nothing new: new disk, and more\."\r\n$/,
  );
});

test('a story is cut to moments, kinds and numbers', async () => {
  const all = positions(await wharf(['history', '/shop/web', '--jsonl']));
  const told = async (...options: string[]) => positions(await wharf(['history', '/shop/web', '--jsonl', ...options]));
  expect(await told('--to', String(before))).toEqual(all.filter((position) => position <= before));
  expect(await told('--from', String(before + 1))).toEqual(all.filter((position) => position > before));
  expect(await told('--from', '-1h', '--last', '3')).toEqual(all.slice(-3));
  expect(await told('--limit', '4')).toEqual(all.slice(0, 4));
  expect(await told('--type', 'ContainerStarted')).toHaveLength(4);
  expect(await told('--noun', 'deployment', '--grep', 'started to move')).toHaveLength(2);
});

test('a story is followed from its last lines on, until Ctrl-C', async () => {
  const leaving = new AbortController();
  let cordoned = false;
  const ran = await wharf(['history', 'berth-1', '--follow', '--last', '1'], {
    interrupted: leaving.signal,
    onOut: (soFar) => {
      if (/takes nothing new/.test(soFar)) leaving.abort();
      else if (!cordoned) {
        cordoned = true;
        void server.api.ask('POST', '/v1/nodes/berth-1/cordon', { reason: 'later' });
      }
    },
  });
  expect(ran.code).toBe(0);
  expect(ran.out.trimEnd().split('\n').at(-1)).toMatch(/Node berth-1 takes nothing new: later\. {2}\[\S+\]$/);
});

test.for([
  [['history', '/shop/web', '--csv', '--jsonl'], 'say one of --table, --json, --jsonl and --csv'],
  [['history', '/shop/web', '--limit', '1', '--last', '1'], 'say one of --limit and --last'],
  [['history', '/shop/web', '--follow', '--to', '1'], '--follow goes with none of --to, --limit and --table'],
  [['history', '/shop/web', '--last', 'x'], "'x' is no count"],
] as const)('%s is wrong usage', async ([argv, why]) => {
  expect(await wharf(argv)).toMatchObject({ code: 2, err: `wharf: ${why}\n` });
});

test('what changed is told with who, and secrets are not', async () => {
  const { out } = await wharf(['diff', String(before)]);
  expect(out).toMatch(/~ \/shop\/web changed\n {6}cmd: "serve 1" → "serve 2"\n {6}env\.TOKEN: another value, which is sealed\n/);
  expect(out).toMatch(/~ berth-2 changed: \S+ → \S+\n {6}\d+ {2}\S+ {2}NodeCordoned \(new disk, and more\) {2}\[\S+\] {2}request \S+\n/);
  expect(out).toMatch(new RegExp(`\\+ ${deployment} of /shop/web by rolling: succeeded`));
  expect(out).not.toContain('hunter');
  expect((await wharf(['diff', String(before), String(before)])).out).toMatch(/nothing changed\n$/);
  expect((await wharf(['diff', String(before), '--noun', 'group', '--json'])).json).toMatchObject({ groups: [] });
  expect(await wharf(['diff', String(before), '1'])).toMatchObject({
    code: 1,
    err: expect.stringMatching(/^wharf: from: '\d+' \(position \d+\) comes after '1'/),
  });
  expect((await wharf(['diff', '--noun', 'app', '--', '-1h', '-0s'])).out).toMatch(/\+ \/shop\/web created/);
});

test('a timeline shows states, phases with a bar, and steps never taken before', async () => {
  const { out } = await wharf(['timeline', '/shop/web', '--from', String(before + 1)]);
  expect(out).toMatch(/STATE +ENDED +P50 +P95 +MAX +LASTING +LONGEST\n/);
  expect(out).toMatch(/running\.unchecked +2 +\S+/);
  expect(out).toMatch(new RegExp(`${deployment.slice(0, 8)} +rolling\\.v2 +succeeded .*█`));
  expect(out).toMatch(/never before:\n.*\n(.*\n)*instance +running\.unchecked +draining/);
  const instance = (await wharf(['timeline', '/shop/web', '--json'])).json.apps[0].instances.at(-1).instance;
  expect((await wharf(['timeline', instance.slice(0, 8)])).out).toMatch(/^STATE +SINCE +FOR +BEGAN WITH\nrequested /);
  expect((await wharf(['timeline'])).out).toMatch(/^\/shop\/web\n/);
});

test('a receipt is the same however often it is asked for, as JSON and as Markdown', async () => {
  const { sha256, receipt } = (await wharf(['deployment', 'receipt', deployment, '--json'])).json;
  expect(receipt).toMatchObject({ deployment, app: '/shop/web', outcome: { outcome: 'succeeded' } });
  const { out } = await wharf(['deployment', 'receipt', deployment, '--markdown']);
  expect(out).toContain(sha256);
  expect(out).toMatch(/^# Deployment /);
  expect(await wharf(['deployment', 'receipt', '00000000-0000-4000-8000-000000000000'])).toMatchObject({
    code: 1,
    err: "wharf: Deployment '00000000-0000-4000-8000-000000000000' does not exist\n",
  });
});

test('a group has a story, and its plan a receipt with the deployments that were its parts', async () => {
  await server.api.ask('POST', '/v1/nodes/berth-1/uncordon');
  const since = server.engine.log.head();
  const member = (id: string, more: object = {}) => ({ id, cmd: 'serve', cpus: 0.1, mem: 32, instances: 1, ...more });
  const fleet = { id: '/fleet', apps: [member('web', { dependencies: ['db'] }), member('db')] };
  const { deploymentId: plan } = await server.api.ask('PUT', '/v2/groups', fleet);
  await server.atRest();
  const story = await wharf(['history', '/fleet', '--jsonl']);
  expect(story.lines.map(({ type: name }: { type: string }) => name)).toEqual(
    expect.arrayContaining(['RequestReceived', 'GroupsChanged', 'GroupDeploymentBegan', 'PlanStarted', 'GroupDeploymentEnded']),
  );
  const ofPlan = (await wharf(['history', plan, '--jsonl'])).lines;
  expect(positions(story)).toEqual([...positions(story)].sort((a, b) => a - b));
  const streams = new Set(ofPlan.map(({ stream }: { stream: string }) => stream.slice(0, stream.indexOf('-'))));
  expect(streams).toEqual(new Set(['request', 'group', 'plan', 'app', 'deployment']));
  const { receipt, sha256 } = (await wharf(['deployment', 'receipt', plan, '--json'])).json;
  expect(receipt).toMatchObject({
    form: 'wharf.plan-receipt.v1',
    plan,
    group: '/fleet',
    parts: [
      { app: '/fleet/db', outcome: 'succeeded' },
      { app: '/fleet/web', outcome: 'succeeded' },
    ],
    outcome: { outcome: 'succeeded' },
  });
  expect(sha256).toMatch(/^[0-9a-f]{64}$/);
  const [part] = receipt.parts;
  expect((await wharf(['deployment', 'receipt', part.deployment, '--json'])).json.receipt).toMatchObject({
    partOf: plan,
    app: '/fleet/db',
  });
  expect((await wharf(['deployment', 'receipt', plan])).out).toMatch(/^# Plan /);
  const { out } = await wharf(['diff', String(since), '--group', '/fleet']);
  for (const line of ['+ /fleet created', '+ /fleet/db created', '+ /fleet/web created', `${plan} of /fleet: succeeded`])
    expect(out).toContain(line);
  expect(out).not.toContain('/shop');
});
