import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { VERSION } from '../../src/version.ts';

/* The package as a user gets it: packed here, installed elsewhere, run with nothing of this repository in reach. */

const repository = join(import.meta.dirname, '../..');
const place = mkdtempSync(join(tmpdir(), 'wharf-package-'));
const app = join(place, 'app');
const installed = join(app, 'node_modules/wharfinger');
const run = promisify(execFile);

/** As a user's shell has it: without the binaries that npm puts in front while this repository's scripts run. */
const env = Object.fromEntries(
  Object.entries({
    ...process.env,
    PATH: (process.env.PATH ?? '')
      .split(delimiter)
      .filter((folder) => !folder.includes('node_modules'))
      .join(delimiter),
  }).filter(([name]) => !/^npm_(package|lifecycle)|^(NODE_|VITEST|INIT_CWD)/.test(name)),
);
const inApp = { cwd: app, env };

beforeAll(async () => {
  mkdirSync(app);
  const packed = await run('npm', ['pack', '--silent', '--pack-destination', place], { cwd: repository });
  writeFileSync(join(app, 'package.json'), '{ "private": true, "type": "module" }');
  const tarball = join(place, packed.stdout.trim().split('\n').at(-1) ?? '');
  // Install scripts build optional native parts of ssh2, which it does without.
  await run('npm', ['install', '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', tarball], inApp);
}, 300_000);

afterAll(() => rmSync(place, { recursive: true, force: true }), 120_000);

describe('the published package', () => {
  test('npx wharf finds the Node that was installed with it', async () => {
    const { stdout } = await run('npx', ['--no-install', 'wharf', '--version'], inApp);
    expect(stdout).toBe(`${VERSION}\n`);
    expect((await run('npx', ['--no-install', 'wharf', '--help'], inApp)).stdout).toMatch(/^Usage: wharf /);
  });

  test('wharf runs through links from any folder, whatever node is in PATH', async () => {
    const bin = join(place, 'bin');
    mkdirSync(bin);
    symlinkSync('../app/node_modules/.bin/wharf', join(bin, 'wharf'));
    writeFileSync(join(bin, 'node'), '#!/bin/sh\necho v20.0.0\n', { mode: 0o755 });
    const { stdout } = await run('wharf', ['--version'], { cwd: '/', env: { ...env, PATH: `${bin}${delimiter}${env.PATH}` } });
    expect(stdout).toBe(`${VERSION}\n`);
  });

  test('an importing program opens a log, on threads of their own, and appends', async () => {
    const program = `
      import { openSqliteLog, NO_STREAM, VERSION } from 'wharfinger';
      const log = await openSqliteLog({ path: 'log.db' });
      const meta = { correlationId: '', causationId: '', by: 'me', at: 1, term: 1, state: 'noted', owes: '' };
      const fact = { id: '0199c0de-0000-7000-8000-000000000001', type: 'Noted.v1', data: '{}', meta };
      meta.correlationId = meta.causationId = fact.id;
      const appended = await log.append('note-1', NO_STREAM, [fact]);
      const [read] = await log.readStream('note-1');
      await log.close();
      console.log(JSON.stringify({ VERSION, appended, read: [read.type, read.position] }));`;
    writeFileSync(join(app, 'program.js'), program);
    const { stdout } = await run(process.execPath, ['program.js'], inApp);
    expect(JSON.parse(stdout)).toEqual({
      VERSION,
      appended: { _tag: 'Right', right: { revision: 0, position: 1 } },
      read: ['Noted.v1', 1],
    });
  });

  test('an importing program starts the whole engine, which runs an app as a process on this machine and ends it', async () => {
    const program = `
      import { readFileSync } from 'node:fs';
      import { startServer } from 'wharfinger';
      const server = await startServer({ dataDir: 'data', listen: { port: 0 }, localNodes: true });
      const seen = (type) => new Promise((resolve, reject) => {
        server.log.subscribe(0, (facts) => facts.some((fact) => fact.type === type) && resolve()).catch(reject);
      });
      const authorization = 'Bearer ' + readFileSync(server.tokenFile, 'utf8').trim();
      const call = async (method, path, body) => {
        const headers = { authorization, ...(body !== undefined && { 'content-type': 'application/json' }) };
        const { status } = await fetch(server.url + path, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) });
        return status;
      };
      const answers = [await call('GET', '/ping')];
      answers.push(await call('POST', '/v2/apps', { id: '/sleeper', cmd: 'exec sleep 600', cpus: 0.1, mem: 32, instances: 1 }));
      await seen('ContainerStarted.v1');
      answers.push(await call('DELETE', '/v2/apps/sleeper?force=true'));
      await seen('ContainerExited.v1');
      // From the reader of the past, which is a thread of the compiled package.
      answers.push(await call('GET', '/v2/apps?at=1'), await call('GET', '/v1/history/sleeper'));
      await server.close();
      console.log(JSON.stringify(answers));`;
    writeFileSync(join(app, 'server.js'), program);
    const { stdout } = await run(process.execPath, ['server.js'], { ...inApp, timeout: 60_000 });
    expect(JSON.parse(stdout.trim().split('\n').at(-1) ?? '')).toEqual([200, 201, 200, 200, 200]);
  }, 90_000);

  test('a program in TypeScript that imports it is checked against its declarations', async () => {
    const program = `
      import { openSqliteLog, type EventLog, type HostRuntime } from 'wharfinger';
      export const open = (path: string): Promise<EventLog> => openSqliteLog({ path });
      export const ping = (host: HostRuntime) => host.ping();
      // @ts-expect-error a log has a path
      export const nowhere = () => openSqliteLog({});`;
    writeFileSync(join(app, 'program.ts'), program);
    const tsc = join(repository, 'node_modules/typescript/bin/tsc');
    const types = join(repository, 'node_modules/@types');
    const options = ['--noEmit', '--strict', '--module', 'nodenext', '--skipLibCheck', '--typeRoots', types, '--types', 'node'];
    const checked = await run(process.execPath, [tsc, ...options, 'program.ts'], inApp).catch((error) => error);
    expect(checked.stdout).toBe('');
  });

  test('a strategy in an empty folder is checked against the kit by its types, tested by Node, and rehearsed', async () => {
    const wharf = (...argv: readonly string[]) => run('npx', ['--no-install', 'wharf', 'strategy', ...argv], { ...inApp, timeout: 60_000 });
    await wharf('new', 'gentle', 'strategies');
    writeFileSync(
      join(app, 'strategies/wrong.ts'),
      `import { strategy, want, z } from 'wharfinger/strategy';
      export default strategy(
        { id: 'wrong.v1', description: 'Does not compile.', parameters: z.strictObject({ first: z.int().default(1) }) },
        {
          initial: 'one',
          states: {
            one: {
              // @ts-expect-error there is no parameter 'second'
              entry: want((course) => ({ new: course.parameters.second, old: 0 })),
              // @ts-expect-error there is no state 'three'
              on: { SlotsChanged: 'three' },
            },
            two: { entry: want((course) => ({ new: course.parameters.first, old: 0 })), on: { SlotsChanged: 'succeeded' } },
          },
        },
      );`,
    );
    const tsc = join(repository, 'node_modules/typescript/bin/tsc');
    const types = join(repository, 'node_modules/@types');
    const options = [
      '--noEmit',
      '--strict',
      '--module',
      'nodenext',
      '--allowImportingTsExtensions',
      '--skipLibCheck',
      '--typeRoots',
      types,
    ];
    const files = ['gentle.ts', 'gentle.test.ts', 'wrong.ts'].map((name) => join('strategies', name));
    const checked = await run(process.execPath, [tsc, ...options, '--types', 'node', ...files], inApp).catch((error) => error);
    expect(checked.stdout).toBe('');
    const tested = await run(process.execPath, ['--test', '--test-reporter', 'tap', 'strategies/gentle.test.ts'], inApp);
    expect(tested.stdout).toMatch(/^# pass 2$/m);
    writeFileSync(join(app, 'web.json'), '{ "id": "/web", "cmd": "serve", "cpus": 0.1, "mem": 16, "instances": 3 }');
    const { stdout } = await wharf('rehearse', 'strategies/gentle.ts', '--app', 'web.json', '--hosts', '5');
    expect(stdout).toContain('It succeeded after');
    const refused = await wharf('draw', 'strategies/wrong.ts').catch((error) => error);
    expect(refused.stderr).toContain("wrong.v1: state 'one' goes to 'three', which there is not");
  }, 120_000);

  test('everything that its code loads from beside itself is there', () => {
    const files = readdirSync(join(installed, 'dist'), { recursive: true, encoding: 'utf8' });
    expect(files).toContain('adapters/hosts/process/shim.sh');
    expect(files.filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))).toEqual([]);
  });

  test('without a Node that is new enough, wharf says what to do', () => {
    const lone = join(place, 'lone');
    const bin = join(lone, 'bin');
    mkdirSync(join(lone, 'package/dist'), { recursive: true });
    mkdirSync(bin);
    writeFileSync(join(lone, 'package/dist/cli.js'), '');
    execFileSync('cp', ['-r', join(installed, 'bin'), join(lone, 'package/bin')]);
    writeFileSync(join(bin, 'node'), '#!/bin/sh\necho v20.1.2\n', { mode: 0o755 });
    const start = () =>
      execFileSync(join(lone, 'package/bin/wharf'), { env: { PATH: `${bin}${delimiter}/usr/bin${delimiter}/bin` }, stdio: 'pipe' });
    expect(start).toThrow(/Node 24 or newer is needed; .*\/bin\/node is v20\.1\.2\.\n.*npm install/);
  });
});
