import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { quoted } from '../../../../src/adapters/hosts/process/launch.ts';
import type { Mount, RunSpec } from '../../../../src/domain/ports/hosts.ts';
import { ended, succeeded } from '../../../contracts/hostRuntime.contract.ts';
import { type OpenedProcessHost, openTemporaryHost, processSpec } from './harness.ts';

const isRoot = process.getuid?.() === 0;
const asRoot = (name: string, body: () => Promise<void>) =>
  test(name, async (context) => (isRoot || process.env.CI === 'true' ? body() : context.skip('needs root')));

let opened: OpenedProcessHost;
beforeEach(async () => {
  opened = await openTemporaryHost();
});
afterEach(() => opened.cleanup());

const outputOf = async (overrides: Partial<RunSpec>): Promise<string[]> => {
  const spec = processSpec(overrides);
  succeeded(await opened.host.run(spec)());
  await ended(opened.host, spec.instance);
  const lines: string[] = [];
  for await (const { text } of opened.host.logs(spec.instance, { follow: false })) lines.push(text);
  return lines;
};

const refusalOf = async (overrides: Partial<RunSpec>) => {
  const spec = processSpec(overrides);
  const result = await opened.host.run(spec)();
  expect(succeeded(await opened.host.inspect(spec.instance)())).toBeUndefined();
  if (result._tag === 'Right') throw new Error('it was started');
  return result.left;
};

describe('what the application is given', () => {
  test('is the environment of the definition, and beneath it only what is promised', async () => {
    const env = { PLAIN: 'a', QUOTED: `it's "$HOME" \`x\` \\`, 'dotted.name': 'b c', IFS: ':', EMPTY: '', PORT0: '31000' };
    const listing = await outputOf({ command: { args: ['env'] }, env });
    expect(listing.filter((line) => !/^(HOME|MESOS_SANDBOX|MESOS_DIRECTORY|PATH)=/.test(line)).toSorted()).toEqual(
      Object.entries(env)
        .map(([key, value]) => `${key}=${value}`)
        .toSorted(),
    );
  });

  test('is the sandbox as working directory, home and MESOS_SANDBOX', async () => {
    const [here, home, sandbox] = await outputOf({ command: { shell: 'pwd; echo "$HOME"; echo "$MESOS_SANDBOX"' } });
    expect([home, sandbox]).toEqual([here, here]);
  });

  test('is each value as it was given, line breaks too', async () => {
    expect(await outputOf({ command: { shell: 'echo "$LINES_OF"' }, env: { LINES_OF: 'one\ntwo' } })).toEqual(['one', 'two']);
  });

  test('are its arguments, byte for byte', async () => {
    const args = ['printf', '%s\n', `a'b`, '$HOME', '', 'two words', '-n', '*'];
    expect(await outputOf({ command: { args } })).toEqual(args.slice(2));
  });

  asRoot('is the user it asked for, and a sandbox of its own', async () => {
    expect(await outputOf({ command: { shell: 'id -un; id -u; touch mine && echo written' }, user: 'nobody' })).toEqual([
      'nobody',
      String(await idOf('nobody')),
      'written',
    ]);
  });

  test('is whatever the shell says when the shell finds no command', async () => {
    const spec = processSpec({ command: { shell: 'no-such-command' } });
    succeeded(await opened.host.run(spec)());
    expect((await ended(opened.host, spec.instance)).exit?.exitCode).toBe(127);
  });

  test('are directories of the host, as links in its sandbox', async () => {
    const shared = join(opened.root, '.shared');
    await mkdir(shared);
    await writeFile(join(shared, 'note'), 'from the host\n');
    const mounts: Mount[] = [{ kind: 'bind', hostPath: shared, containerPath: 'data/in', readOnly: false }];
    expect(await outputOf({ command: { args: ['cat', 'data/in/note'] }, mounts })).toEqual(['from the host']);
  });
});

describe('what a native process can’t have is refused by name, and nothing is left', () => {
  const bind = { kind: 'bind', hostPath: '/tmp', containerPath: 'data', readOnly: false } as const;
  test.each<readonly [string, Partial<RunSpec>]>([
    ['image', { image: 'nginx' }],
    ['network', { network: { mode: 'bridge' } }],
    ['gpus', { gpus: 1 }],
    ['command', { command: {} }],
    ['user', { user: 'no-such-user' }],
    ['mounts[0].containerPath', { mounts: [{ ...bind, containerPath: '/data' }] }],
    ['mounts[0].containerPath', { mounts: [{ ...bind, containerPath: '../data' }] }],
    ['mounts[0].hostPath', { mounts: [{ ...bind, hostPath: '/no/such/directory' }] }],
    ['mounts[0].readOnly', { mounts: [{ ...bind, readOnly: true }] }],
    ['mounts[1].kind', { mounts: [bind, { kind: 'tmpfs', containerPath: 'data' }] }],
    ['env', { env: { 'A=B': 'c' } }],
  ])('%s', async (field, overrides) => {
    const fault = await refusalOf(overrides);
    expect(fault._tag).toBe('StartRejected');
    expect(fault.message.slice(0, field.length + 1)).toBe(`${field}:`);
  });

  test('a program that is nowhere in the PATH of its environment', async () => {
    const fault = await refusalOf({ command: { args: ['ls'] }, env: { PATH: '/no/such/directory' } });
    expect(fault).toMatchObject({ _tag: 'CommandNotFound', command: 'ls' });
  });

  test('an instance whose name is a path', async () => {
    const result = await opened.host.run(processSpec({ instance: '../escape' }))();
    expect(result).toMatchObject({ _tag: 'Left', left: { _tag: 'StartRejected' } });
    expect(await opened.host.inspect('../escape')()).toEqual({ _tag: 'Right', right: undefined });
  });

  test('a udp port that is taken', async () => {
    const socket = createSocket('udp4');
    const port = await new Promise<number>((resolve) => socket.bind(0, '127.0.0.1', () => resolve(socket.address().port)));
    expect(await refusalOf({ ports: [{ protocol: 'udp', hostPort: port }] })).toMatchObject({ _tag: 'PortTaken', port });
    socket.close();
  });
});

test('fifty starts at once are fifty running instances', async () => {
  const specs = Array.from({ length: 50 }, () => processSpec({ cpus: 0.1, mem: 16 }));
  const results = await Promise.all(specs.map((spec) => opened.host.run(spec)()));
  expect(new Set(results.map((result) => succeeded(result).id)).size).toBe(50);
  const inventory = succeeded(await opened.host.inventory()());
  expect(inventory.filter(({ status }) => status === 'running')).toHaveLength(50);
}, 60_000);

test('many that start the same instance at once, each a little later than the other, all find the one that began', async () => {
  const hosts = await Promise.all(Array.from({ length: 6 }, () => opened.reopen()));
  for (let round = 0; round < 5; round++) {
    const spec = processSpec({ command: { shell: 'echo began; exec sleep 600' } });
    const results = await Promise.all(
      hosts.map(async (host, index) => {
        await new Promise((resolve) => setTimeout(resolve, index * (round + 1)));
        return host.run(spec)();
      }),
    );
    expect(new Set(results.map((result) => succeeded(result).id)).size).toBe(1);
    succeeded(await opened.host.stop(spec.instance, { signal: 'SIGKILL', killAt: 0 })());
    const lines: string[] = [];
    for await (const { text } of opened.host.logs(spec.instance, { follow: false })) lines.push(text);
    expect(lines.length).toBeLessThanOrEqual(1);
  }
  await Promise.all(hosts.map((host) => host.close()));
}, 60_000);

test('nothing of a removed instance is left on the host', async () => {
  const spec = processSpec({ command: { shell: 'exit 0' } });
  succeeded(await opened.host.run(spec)());
  await ended(opened.host, spec.instance);
  succeeded(await opened.host.remove(spec.instance)());
  expect((await readdir(opened.root)).filter((name) => name !== '.hints')).toEqual([]);
});

test('quoting survives what a shell would read', async () => {
  const nasty = `'"$(exit 9)\`x\`\\\n\t*~!#&|;<>()[]{}é`;
  const { stdout } = await promisify(execFile)('/bin/sh', ['-c', `printf %s ${quoted(nasty)}`]);
  expect(stdout).toBe(nasty);
});

const idOf = async (user: string): Promise<number> => Number((await promisify(execFile)('id', ['-u', user])).stdout);
