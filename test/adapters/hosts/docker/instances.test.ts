import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Docker from 'dockerode';
import { either as E, taskEither as TE } from 'fp-ts';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { importBusybox } from '../../../../src/adapters/hosts/docker/busyboxImage.ts';
import { openDockerHost } from '../../../../src/adapters/hosts/docker/dockerHost.ts';
import type { HostFault, HostRuntime, LogLine, LogOptions, RunSpec } from '../../../../src/domain/ports/hosts.ts';
import { describeWithDocker, ensureDocker } from '../../../support/docker.ts';
import { watchHost } from '../../../support/hints.ts';
import { specOf } from '../../../support/runSpec.ts';

const engine = await ensureDocker();

const right = <A>(result: E.Either<HostFault, A>): A => {
  if (E.isLeft(result)) throw new Error(`${result.left._tag}: ${result.left.message}`);
  return result.right;
};

/** The page, once somebody listens. */
const page = async (url: string): Promise<string> => {
  for (;;) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer !== undefined) return answer.text();
  }
};

const linesOf = async (host: HostRuntime, instance: string, options: Partial<LogOptions> = {}): Promise<readonly LogLine[]> => {
  const lines: LogLine[] = [];
  for await (const line of host.logs(instance, { follow: false, ...options })) lines.push(line);
  return lines;
};

/** Waits for the instance to say something: started is not yet having said it. */
const firstLineOf = async (host: HostRuntime, instance: string): Promise<string | undefined> => {
  for await (const { text } of host.logs(instance, { follow: true })) return text;
  return undefined;
};

describeWithDocker('an instance on a Docker Engine', 'unavailable' in engine ? engine.unavailable : undefined, () => {
  if ('unavailable' in engine) return;
  const docker = new Docker({ socketPath: engine.socket });
  const host = openDockerHost({ endpoint: { unix: engine.socket }, hostname: 'pier-1', address: engine.address, disk: 1000 });
  let imageId = '';
  let instances = 0;
  const named = () => `it-${++instances}`;
  const run = async (changes: Partial<RunSpec> = {}) => {
    const spec = specOf(named(), changes);
    onTestFinished(() =>
      host
        .remove(spec.instance)()
        .then(() => undefined),
    );
    return { spec, observed: right(await host.run(spec)()) };
  };
  /** Ended, with how. */
  const ended = async (instance: string) => {
    await docker.getContainer(`wharf-${instance}`).wait();
    return right(await host.inspect(instance)());
  };

  beforeAll(async () => {
    imageId = await importBusybox(docker, { tag: 'wharf/busybox:test', files: { '/www/index.html': 'ahoy\n' } });
  });
  afterAll(async () => {
    await host.close();
    await engine.stop();
  });

  test('is started once, however often it is run', async () => {
    const { spec, observed } = await run({ network: { mode: 'bridge' } });
    expect(observed).toEqual({
      instance: spec.instance,
      id: expect.stringMatching(/^[0-9a-f]{64}$/),
      status: 'running',
      startedAt: expect.any(Number),
      ipAddresses: [expect.stringMatching(/^10\./)],
    });
    expect(right(await host.run(spec)())).toEqual(observed);
    await docker.getContainer(observed.id).kill();
    const over = await ended(spec.instance);
    expect(over?.exit).toEqual({ signal: 'SIGKILL', oom: false, at: expect.any(Number) });
    expect(right(await host.run(spec)())).toEqual(over);
  });

  test('that was created by an attempt which came no further is started', async () => {
    const { spec } = await run();
    const { Id } = await docker.getContainer(`wharf-${spec.instance}`).inspect();
    const labels = (await docker.getContainer(Id).inspect()).Config.Labels;
    await docker.getContainer(Id).remove({ force: true });
    const made = await docker.createContainer({ name: `wharf-${spec.instance}`, Image: imageId, Cmd: ['sleep', '99'], Labels: labels });
    expect(right(await host.inspect(spec.instance)())?.status).toBe('created');
    expect(right(await host.run(spec)())).toMatchObject({ id: made.id, status: 'running' });
  });

  test('answers on its published port, and its port cannot be taken twice', async () => {
    const ports = [{ protocol: 'tcp' as const, hostPort: 31080, containerPort: 80 }];
    const web = { network: { mode: 'bridge' as const }, command: { shell: 'exec httpd -f -p 80 -h /www' }, ports };
    await run(web);
    expect(await page(`http://${engine.address}:31080/`)).toBe('ahoy\n');
    const second = specOf(named(), web);
    expect(await host.run(second)()).toEqual(E.left({ _tag: 'PortTaken', port: 31080, message: expect.stringContaining('31080') }));
    expect(right(await host.inspect(second.instance)())).toBeUndefined();
  });

  test('whose command is not there leaves nothing behind', async () => {
    const spec = specOf(named(), { command: { args: ['no-such-command'] } });
    expect(await host.run(spec)()).toEqual(E.left({ _tag: 'CommandNotFound', command: 'no-such-command', message: expect.any(String) }));
    expect(right(await host.inspect(spec.instance)())).toBeUndefined();
  });

  test('is told from others by what it is given', async () => {
    const { spec, observed } = await run({
      image: imageId,
      network: { mode: 'host' },
      command: { shell: 'echo "$GREETING $(id -u) $(pwd)"; exec sleep 1000' },
      env: { GREETING: 'ahoy' },
      user: 'nobody',
      cpus: 0.5,
      mem: 48,
      labels: { team: 'quay' },
      parameters: [
        { key: 'workdir', value: '/tmp' },
        { key: 'pids-limit', value: '50' },
      ],
    });
    expect(await firstLineOf(host, spec.instance)).toBe('ahoy 65534 /tmp');
    const { HostConfig, Config } = await docker.getContainer(observed.id).inspect();
    expect(HostConfig).toMatchObject({ NanoCpus: 5e8, Memory: 48 * 2 ** 20, MemorySwap: 48 * 2 ** 20, PidsLimit: 50, NetworkMode: 'host' });
    expect(Config.Labels).toMatchObject({ team: 'quay', MESOS_TASK_ID: spec.taskId });
  });

  test('sees its mounts', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'wharf-bind-'));
    onTestFinished(() => rm(directory, { recursive: true, force: true }));
    await writeFile(join(directory, 'note'), 'from outside');
    const { spec } = await run({
      mounts: [
        { kind: 'bind', hostPath: directory, containerPath: '/outside', readOnly: true },
        { kind: 'volume', name: 'wharf-test-volume', containerPath: '/kept', readOnly: false },
        { kind: 'tmpfs', containerPath: '/quick', sizeBytes: 65_536 },
      ],
    });
    const shell = async (line: string) => right(await host.exec(spec.instance, ['sh', '-c', line], { timeoutMs: 5_000 })());
    expect((await shell('cat /outside/note')).stdout).toBe('from outside');
    expect((await shell('echo x > /outside/note')).exitCode).toBe(1);
    expect((await shell('echo kept > /kept/x && cat /kept/x')).stdout).toBe('kept\n');
    expect((await shell('dd if=/dev/zero of=/quick/big bs=1k count=65')).exitCode).toBe(1);
  });

  test('finds its artifacts in its sandbox', async () => {
    const fetching = openDockerHost({
      endpoint: { unix: engine.socket },
      fetch: (artifacts, directory) =>
        TE.tryCatch(
          async () => {
            await mkdir(join(directory, 'bin'));
            await writeFile(join(directory, 'bin', 'greet'), `#!/bin/sh\necho "${artifacts[0]?.uri}"\n`, { mode: 0o755 });
            await symlink('bin/greet', join(directory, 'hello'));
          },
          (error): HostFault => ({ _tag: 'Transient', message: String(error) }),
        ),
    });
    onTestFinished(() => fetching.close());
    const spec = specOf(named(), {
      artifacts: [{ uri: 'file:///greeting', extract: false, executable: false }],
      command: { shell: 'exec "$MESOS_SANDBOX/hello"' },
    });
    onTestFinished(() =>
      host
        .remove(spec.instance)()
        .then(() => undefined),
    );
    right(await fetching.run(spec)());
    expect((await ended(spec.instance))?.exit).toEqual({ exitCode: 0, oom: false, at: expect.any(Number) });
    expect(await firstLineOf(host, spec.instance)).toBe('file:///greeting');
    right(await host.remove(spec.instance)());
    const { Volumes } = await docker.listVolumes();
    expect(Volumes.filter(({ Name }) => Name.length === 64)).toEqual([]);
  });

  test('of which the artifacts cannot be fetched is not half done', async () => {
    const fault: HostFault = { _tag: 'ArtifactFetchFailed', uri: 'file:///gone', message: 'no such file' };
    const failing = openDockerHost({ endpoint: { unix: engine.socket }, fetch: () => TE.left(fault) });
    onTestFinished(() => failing.close());
    const spec = specOf(named(), { artifacts: [{ uri: 'file:///gone', extract: false, executable: false }] });
    expect(await failing.run(spec)()).toEqual(E.left(fault));
    expect(right(await host.inspect(spec.instance)())).toBeUndefined();
  });

  test('ends with its own exit code', async () => {
    const { spec } = await run({ command: { shell: 'exit 3' } });
    expect((await ended(spec.instance))?.exit).toEqual({ exitCode: 3, oom: false, at: expect.any(Number) });
  });

  test('is asked to end, and ends as it likes', async () => {
    const { spec } = await run({ command: { shell: 'trap "exit 7" TERM; echo up; while :; do sleep 0.05; done' } });
    for await (const { text } of host.logs(spec.instance, { follow: true })) if (text === 'up') break;
    const over = right(await host.stop(spec.instance, { signal: 'SIGTERM', killAt: Date.now() + 30_000 })());
    expect(over?.exit).toEqual({ exitCode: 7, oom: false, at: expect.any(Number) });
    expect(right(await host.stop(spec.instance, { signal: 'SIGTERM', killAt: 0 })())).toEqual(over);
  });

  test('that does not listen is killed when its time is over', async () => {
    const { spec } = await run({ command: { args: ['sleep', '1000'] } });
    const over = right(await host.stop(spec.instance, { signal: 'SIGTERM', killAt: Date.now() + 100 })());
    expect(over).toMatchObject({ status: 'exited', exit: { signal: 'SIGKILL', oom: false } });
  });

  test('of which there is nothing is stopped and removed already', async () => {
    expect(right(await host.stop('no-such', { signal: 'SIGTERM', killAt: 0 })())).toBeUndefined();
    expect(right(await host.remove('no-such')())).toBeUndefined();
    expect(right(await host.inspect('no-such')())).toBeUndefined();
  });

  test('that takes more memory than it may is told from one that was killed', async () => {
    const watch = watchHost(host);
    onTestFinished(() => watch.close());
    await watch.next(({ type }) => type === 'Connected');
    const { spec } = await run({ mem: 16, command: { args: ['tail', '/dev/zero'] } });
    await watch.next((hint) => hint.type === 'OutOfMemory' && hint.instance === spec.instance);
    expect((await ended(spec.instance))?.exit).toEqual({ signal: 'SIGKILL', oom: true, at: expect.any(Number) });
  });

  test('is heard of when it starts and ends', async () => {
    const watch = watchHost(host);
    onTestFinished(() => watch.close());
    await watch.next(({ type }) => type === 'Connected');
    const { spec } = await run({ command: { shell: 'exit 0' } });
    await ended(spec.instance);
    for (const _ of ['start', 'die'])
      expect(await watch.next((hint) => hint.type === 'Changed' && hint.instance === spec.instance)).toBeDefined();
  });

  test('keeps its output: all of it, the last of it, since a moment, and as it comes', async () => {
    const { spec } = await run({ command: { shell: 'echo one; usleep 50000; echo two >&2; usleep 50000; echo three; exec sleep 1000' } });
    const followed: LogLine[] = [];
    for await (const line of host.logs(spec.instance, { follow: true })) {
      followed.push(line);
      if (line.text === 'three') break;
    }
    expect(followed.map(({ stream, text }) => [stream, text])).toEqual([
      ['stdout', 'one'],
      ['stderr', 'two'],
      ['stdout', 'three'],
    ]);
    expect(await linesOf(host, spec.instance)).toEqual(followed);
    expect(await linesOf(host, spec.instance, { tail: 1 })).toEqual(followed.slice(2));
    const at = followed[2]?.at ?? 0;
    expect(await linesOf(host, spec.instance, { since: at })).toEqual(followed.slice(2));
  });

  test('on a terminal has one output', async () => {
    const { spec } = await run({ tty: true, command: { shell: 'echo one; echo two >&2' } });
    await ended(spec.instance);
    expect((await linesOf(host, spec.instance)).map(({ stream, text }) => [stream, text])).toEqual([
      ['stdout', 'one'],
      ['stdout', 'two'],
    ]);
  });

  test('that is followed until told otherwise stops being followed', async () => {
    const { spec } = await run({ command: { shell: 'echo up; exec sleep 1000' } });
    const abort = new AbortController();
    const seen: string[] = [];
    for await (const { text } of host.logs(spec.instance, { follow: true, signal: abort.signal })) {
      seen.push(text);
      abort.abort();
    }
    expect(seen).toEqual(['up']);
  });

  test('can be worked in: output, exit code, environment, and no longer than allowed', async () => {
    const { spec } = await run({ env: { HERE: 'inside' } });
    const line = 'echo "$HERE $MORE"; echo bad >&2; exit 4';
    expect(right(await host.exec(spec.instance, ['sh', '-c', line], { timeoutMs: 5_000, env: { MORE: 'more' } })())).toEqual({
      exitCode: 4,
      stdout: 'inside more\n',
      stderr: 'bad\n',
    });
    expect(await host.exec(spec.instance, ['sleep', '1000'], { timeoutMs: 200 })()).toEqual(
      E.left({ _tag: 'Transient', message: expect.stringMatching(/no answer within \d+ ms/) }),
    );
    const flood = right(await host.exec(spec.instance, ['dd', 'if=/dev/zero', 'bs=1M', 'count=3'], { timeoutMs: 20_000 })());
    expect(flood.stdout.length).toBe(1024 * 1024);
  });

  test('tells what it uses', async () => {
    const { spec } = await run({ mem: 40 });
    expect(right(await host.stats(spec.instance)())).toEqual({
      cpuSeconds: expect.any(Number),
      memoryBytes: expect.any(Number),
      memoryLimitBytes: 40 * 2 ** 20,
    });
  });

  test('is found by whoever comes with the same label, and by nobody else', async () => {
    const { spec, observed } = await run({ network: { mode: 'bridge' } });
    const { spec: over } = await run({ command: { shell: 'exit 5' } });
    await ended(over.instance);
    const [successor, stranger] = ['wharfinger', 'other'].map((label) => openDockerHost({ endpoint: { unix: engine.socket }, label }));
    onTestFinished(async () => {
      await successor?.close();
      await stranger?.close();
    });
    const found = right((await successor?.inventory()()) ?? E.right([]));
    expect(found.find(({ instance }) => instance === spec.instance)).toEqual({
      instance: spec.instance,
      id: observed.id,
      status: 'running',
      ipAddresses: observed.ipAddresses,
    });
    expect(found.find(({ instance }) => instance === over.instance)?.exit).toMatchObject({ exitCode: 5, oom: false });
    expect(right((await stranger?.inventory()()) ?? E.left({ _tag: 'Transient', message: '' }))).toEqual([]);
  });

  test('comes in numbers', async () => {
    const specs = Array.from({ length: 12 }, () => specOf(named(), { network: { mode: 'host' } }));
    onTestFinished(async () => void (await Promise.all(specs.map(({ instance }) => host.remove(instance)()))));
    const started = await Promise.all(specs.map((spec) => host.run(spec)()));
    expect(started.map((result) => right(result).status)).toEqual(specs.map(() => 'running'));
  });

  test('has a host that says what it offers', async () => {
    expect(right(await host.offer()())).toMatchObject({ hostname: 'pier-1', address: engine.address, disk: 1000, gpus: 0 });
  });
});
