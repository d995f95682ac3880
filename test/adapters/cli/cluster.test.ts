import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RealEngine, realEngine, sleeper, type } from './terminal.ts';

let engine: RealEngine;
let instances: readonly string[];
beforeAll(async () => {
  engine = await realEngine();
  await engine.wharf(['app', 'deploy', '-', '--wait'], { stdin: sleeper('/shop/web') });
  instances = (await engine.wharf(['app', 'show', '/shop/web', '--json'])).json.endpoints.map(
    ({ instance }: { instance: string }) => instance,
  );
  // Running is not yet having said something.
  for (const id of instances) {
    const leaving = new AbortController();
    await engine.wharf(['logs', id, '--follow'], { interrupted: leaving.signal, onOut: () => leaving.abort() });
  }
});
afterAll(() => engine.end());

const first = (): string => instances[0] ?? '';

test('nodes are added, listed, cordoned, uncordoned and removed', async () => {
  const { wharf, dataDir } = engine;
  const where = ['--process', join(dataDir, 'second'), '--attribute', 'disk=ssd', '--zone', 'b', '--region', 'north', '--role', 'batch'];
  const ports = ['--ports', '20000-20099', '--ports', '8080'];
  const added = await wharf(['node', 'add', 'second', ...where, ...ports, '--json']);
  expect(added.code).toBe(0);
  expect(added.json.node).toMatchObject({
    id: 'second',
    endpoint: { kind: 'process', root: join(dataDir, 'second') },
    attributes: { disk: 'ssd' },
    zone: 'b',
    region: 'north',
    roles: ['batch'],
    portRanges: [
      [20_000, 20_099],
      [8080, 8080],
    ],
  });
  expect(await wharf(['node', 'add', 'second', ...where])).toMatchObject({
    code: 1,
    err: 'wharf: A node with id [second] already exists.\n',
  });
  const { cpus, mem } = added.json.node.resources.total;
  expect(await wharf(['node', 'oversubscribe', 'second', 'cpus=2,mem=1'])).toMatchObject({
    code: 0,
    out: `node second lends ${2 * cpus} cpus, ${mem} MiB of memory\n`,
  });
  expect((await wharf(['node', 'list'])).out).toContain(`0/${2 * cpus} (${cpus})`);
  expect(await wharf(['node', 'oversubscribe', 'second', 'disk=2'])).toMatchObject({
    code: 2,
    err: "wharf: 'disk=2' is no factor; it looks like cpus=2 or mem=1.5\n",
  });
  expect(await wharf(['node', 'oversubscribe', 'second'])).toMatchObject({ code: 0 });
  expect(await wharf(['node', 'cordon', 'second', '--reason', 'new disk'])).toMatchObject({
    code: 0,
    out: 'node second takes nothing new\n',
  });
  const [head, ...rows] = (await wharf(['node', 'list'])).out.trimEnd().split('\n');
  expect(head).toMatch(/^NODE +RUNTIME +STATE +HOST +CPUS +MEM +INSTANCES +SINCE$/);
  expect(rows.map((row) => row.split(/ +/).slice(0, 3))).toEqual([
    ['local', 'process', 'ready'],
    ['second', 'process', 'cordoned'],
  ]);
  expect(await wharf(['node', 'uncordon', 'second'])).toMatchObject({ code: 0 });
  expect((await wharf(['node', 'list', '--json'])).json.nodes).toHaveLength(2);
  expect(await wharf(['node', 'remove', 'second'])).toMatchObject({ code: 0, out: 'node second was removed\n' });
  expect(await wharf(['node', 'remove', 'second'])).toMatchObject({ code: 1, err: "wharf: Node 'second' does not exist\n" });
});

test.for([
  [[], 'say one way to reach the node: --process, --docker, --docker-tls or --docker-ssh'],
  [['--process', '/a', '--docker', '/b'], 'say one way to reach the node: --process, --docker, --docker-tls or --docker-ssh'],
  [['--docker-tls', 'h:1'], '--docker-tls needs --ca, --cert and --key'],
  [['--docker-ssh', 'nobody'], "'nobody' is no user@host:port"],
  [['--docker-ssh', 'a@b:22'], '--docker-ssh needs --key and --host-key'],
  [['--process', '/a', '--ports', '9-8'], "'9-8' is no range of ports; it looks like 31000-32000"],
  [['--process', '/a', '--ports', '1-65536'], "'1-65536' is no range of ports; it looks like 31000-32000"],
  [['--process', '/a', '--attribute', 'ssd'], "'ssd' is no attribute; it looks like disk=ssd"],
] as const)('node add %s is wrong usage', async ([options, why]) => {
  expect(await engine.wharf(['node', 'add', 'x', ...options])).toMatchObject({ code: 2, err: `wharf: ${why}\n` });
});

test('a host that does not answer is not added, with the reason', async () => {
  const ran = await engine.wharf(['node', 'add', 'x', '--docker', join(engine.dataDir, 'no.sock')]);
  expect(ran).toMatchObject({ code: 1, err: expect.stringMatching(/^wharf: The host cannot be added: HostUnreachable: /) });
});

test('output is shown of one instance, by any prefix of its id, or of all of an app', async () => {
  const { wharf } = engine;
  expect((await wharf(['logs', first().slice(0, 8)])).out).toBe('I am 1\n');
  expect((await wharf(['logs', '/shop/web', '--tail', '5'])).out.split('\n').sort()).toEqual(
    ['', ...instances.map((id) => `${id.slice(0, 8)} | I am 1`)].sort(),
  );
  expect((await wharf(['logs', first(), '--json'])).lines).toEqual([
    { instance: first(), at: expect.stringMatching(/^\d{4}-.*Z$/), text: 'I am 1' },
  ]);
  expect((await wharf(['logs', first(), '--since', '2099-01-01T00:00:00Z'])).out).toBe('');
  expect(await wharf(['logs', first(), '--since', 'soon'])).toMatchObject({ code: 2 });
  expect(await wharf(['logs', first(), '--tail', 'x'])).toMatchObject({ code: 2 });
  expect(await wharf(['logs', first(), '--container', 'web'])).toMatchObject({
    code: 1,
    err: `wharf: StartRejected: container: ${first()} is no pod here\n`,
  });
  expect(await wharf(['logs', '/shop/none'])).toMatchObject({ code: 1, err: "wharf: there is no app or pod '/shop/none'\n" });
  expect(await wharf(['logs', 'zzz'])).toMatchObject({ code: 1, err: "wharf: there is no instance 'zzz'\n" });
});

test('output is followed until Ctrl-C', async () => {
  const leaving = new AbortController();
  const ran = await engine.wharf(['logs', first(), '--follow'], { interrupted: leaving.signal, onOut: () => leaving.abort() });
  expect(ran).toMatchObject({ code: 0, out: 'I am 1\n' });
});

test('a command runs beside an instance, and its exit code is ours', async () => {
  const { wharf } = engine;
  expect(await wharf(['exec', first().slice(0, 8), '--', 'sh', '-c', 'echo $RELEASE; echo no >&2'])).toMatchObject({
    code: 0,
    out: '1\n',
    err: 'no\n',
  });
  expect(await wharf(['exec', first(), '--', 'sh', '-c', 'exit 7'])).toMatchObject({ code: 7, err: 'wharf: the command exited with 7\n' });
  expect((await wharf(['exec', first(), '--json', '--', 'echo', 'hi'])).json).toEqual({ exitCode: 0, stdout: 'hi\n', stderr: '' });
  expect(await wharf(['exec', first()])).toMatchObject({ code: 2, err: 'wharf: say what to run, after --\n' });
  expect(await wharf(['exec', first(), '--timeout', '9999', '--', 'true'])).toMatchObject({ code: 2 });
  expect(await wharf(['exec', first(), '--container', 'web', '--', 'true'])).toMatchObject({
    code: 1,
    err: `wharf: StartRejected: container: ${first()} is no pod here\n`,
  });
});

test('the story of an app, an instance, a node and a deployment is told in sentences, with who', async () => {
  const { wharf } = engine;
  const app = await wharf(['history', '/shop/web']);
  expect(app.out.split('\n')[0]).toMatch(/^\d{4}-\S+Z {2}DeployApp was asked for of \/shop\/web and accepted\. {2}\[local\]$/);
  const instance = await wharf(['history', first().slice(0, 8)]);
  expect(
    instance.out
      .trimEnd()
      .split('\n')
      .map((line) => line.replace(/^\S+ {2}Instance \S+ (.*) {2}\[(.*)\]$/, '$1 $2')),
  ).toEqual([
    expect.stringMatching(/^was requested for slot \d of \/shop\/web, version \S+, attempt 1\. engine$/),
    expect.stringMatching(/^was placed on node local with port \d+, out of 1 node\. engine$/),
    expect.stringMatching(/^started as \d+@\d+\. engine$/),
  ]);
  const { subject, history } = (await wharf(['history', first(), '--json'])).json;
  expect(subject).toBe(`instance-${first()}`);
  expect(history.map(({ type: name }: { type: string }) => name)).toEqual(['InstanceRequested', 'InstancePlaced', 'ContainerStarted']);
  expect((await wharf(['history', 'local'])).out).toMatch(/Node local joined the pool/);
  expect(await wharf(['history', 'nothing'])).toMatchObject({ code: 1, err: "wharf: Nothing is recorded of 'nothing'\n" });
});

test('facts are listed by type, stream and position', async () => {
  const { wharf } = engine;
  const requested = (await wharf(['events', '--type', 'InstanceRequested', '--json'])).json.facts;
  expect(requested.map(({ stream }: { stream: string }) => stream).sort()).toEqual(instances.map((id) => `instance-${id}`).sort());
  const own = (await wharf(['events', '--stream', `instance-${first()}`, '--since', String(requested[0].position - 1), '--json'])).json
    .facts;
  expect(own.map(({ type: name }: { type: string }) => name)).toEqual(['InstanceRequested', 'InstancePlaced', 'ContainerStarted']);
  expect((await wharf(['events', '--limit', '2', '--json'])).json.facts).toHaveLength(2);
  const [line = ''] = (await wharf(['events', '--stream', 'node-local'], { columns: 80 })).out.split('\n');
  expect(line).toMatch(/^ +\d+ {2}\S+Z {2}NodeRegistered +node-local {2}\{.*…$/);
  expect(line).toHaveLength(80);
  expect(await wharf(['events', '--since', 'then'])).toMatchObject({ code: 2, err: "wharf: 'then' is no position\n" });
});

test('facts are followed as lines, from a position on', async () => {
  const leaving = new AbortController();
  const ran = await engine.wharf(['events', '--follow', '--since', '0', '--type', 'NodeRegistered', '--json'], {
    interrupted: leaving.signal,
    onOut: () => leaving.abort(),
  });
  expect(ran.code).toBe(0);
  expect(ran.lines[0]).toMatchObject({ stream: 'node-local', type: 'NodeRegistered' });
});

test('an address with its token serves as well as the socket', async () => {
  const { server, dataDir } = engine;
  const { readFile } = await import('node:fs/promises');
  const token = (await readFile(server.tokenFile, 'utf8')).trim();
  expect(await type(['--url', server.url, 'node', 'list'], { env: { WHARF_TOKEN: token } })).toMatchObject({ code: 0 });
  expect(await type(['--url', server.url, '--data-dir', dataDir, 'node', 'list'])).toMatchObject({ code: 0 });
  expect(await type(['node', 'list'], { env: { WHARF_URL: server.url, WHARF_DATA_DIR: dataDir } })).toMatchObject({ code: 0 });
  expect(await type(['node', 'list'], { env: { WHARF_DATA_DIR: dataDir } })).toMatchObject({ code: 0 });
  expect(await type(['--url', server.url, 'node', 'list'])).toMatchObject({
    code: 1,
    err: `wharf: the engine at ${server.url} wants its token: set WHARF_TOKEN, or name its --data-dir\n`,
  });
});

test('what the command before a deployment said is shown by the name of its app', async () => {
  const { wharf } = engine;
  const release = (version: string, deployment = {}) => sleeper('/shop/migrated', { instances: 1, env: { RELEASE: version }, deployment });
  await wharf(['app', 'deploy', '-', '--wait'], { stdin: release('one') });
  expect(await wharf(['logs', '/shop/migrated#before'])).toMatchObject({
    code: 1,
    err: "wharf: no command ran before a deployment of '/shop/migrated' lately\n",
  });
  await wharf(['app', 'deploy', '-', '--wait'], { stdin: release('two', { before: { cmd: 'echo migrated to $RELEASE' } }) });
  expect(await wharf(['logs', '/shop/migrated#before'])).toMatchObject({ code: 0, out: 'migrated to two\n' });
});
