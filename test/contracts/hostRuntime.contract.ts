/**
 * What every host runtime promises, whatever it runs on: the port's words as tests. Docker, native processes and the simulated host run
 * this same suite; a runtime that can't have a thing says why, and the test is shown as skipped with that reason.
 */
import { createServer } from 'node:net';
import type { Either } from 'fp-ts/lib/Either.js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { HostFault, HostRuntime, LogLine, Observed, RunSpec } from '../../src/domain/ports/hosts.ts';

export type OpenedHost = {
  readonly host: HostRuntime;
  /** The same host through a new runtime object, as after a restart of the engine. The first object stays usable until closed. */
  reopen(): Promise<HostRuntime>;
  /** A valid spec of a unique instance that this host can run: image, network and the like are the harness's to fill in. */
  makeSpec(overrides: Partial<RunSpec>): RunSpec;
  /** Takes a port of the host, where that is not this machine's; answers what gives it back. */
  takePort?(): Promise<{ readonly port: number; release(): Promise<void> }>;
  /** Removes everything that the test left behind, and closes what is open. */
  cleanup(): Promise<void>;
};

/** What a command of the suite does; a runtime that executes nothing (simulated) maps each to a scripted behaviour. */
export type Behaviour =
  | { readonly does: 'sleep' }
  | { readonly does: 'exit'; readonly code: number }
  | { readonly does: 'dieBy'; readonly signal: string }
  | { readonly does: 'ignoreTerm' }
  | { readonly does: 'print'; readonly lines: readonly string[] }
  | { readonly does: 'printSlowly'; readonly lines: readonly string[] }
  | { readonly does: 'exhaustMemory' }
  | { readonly does: 'missing' };

export type Skippable = 'signals' | 'codesOfSignals' | 'oom' | 'missingCommand' | 'takenPort' | 'logs' | 'exec' | 'stats' | 'ignoreTerm';

export type HostHarness = {
  readonly name: string;
  readonly open: () => Promise<OpenedHost>;
  /** How this host is told to do a thing; {@link shellCommand} where it runs a shell. */
  readonly behave: (behaviour: Behaviour) => Partial<RunSpec>;
  /** Reasons why a promise can't be tried on this host. */
  readonly skips?: Readonly<Partial<Record<Skippable, string>>>;
  /** Milliseconds that one test may take. */
  readonly timeoutMs?: number;
};

/** The suite's behaviours for a host with a POSIX shell, busybox's included. */
export const shellCommand = (behaviour: Behaviour): Partial<RunSpec> => {
  const shell = (script: string): Partial<RunSpec> => ({ command: { shell: script } });
  switch (behaviour.does) {
    case 'sleep':
      return shell('exec sleep 600');
    case 'exit':
      return shell(`exit ${behaviour.code}`);
    case 'dieBy':
      return shell(`kill -${behaviour.signal.replace(/^SIG/, '')} $$; sleep 600`);
    case 'ignoreTerm':
      return shell(`trap '' TERM; echo deaf; while :; do sleep 1; done`);
    case 'print':
      return shell(`${behaviour.lines.map((line) => `echo '${line}'`).join('; ')}; exec sleep 600`);
    case 'printSlowly':
      return shell(behaviour.lines.map((line) => `echo '${line}'; sleep 0.1`).join('; '));
    case 'exhaustMemory':
      return { ...shell('x=0123456789; while :; do x=$x$x; done'), mem: 32 };
    case 'missing':
      return { command: { args: ['/no/such/program'] } };
  }
};

const DEFAULT_TIMEOUT_MS = 30_000;
const LONG_GRACE_MS = 60_000;
const EXEC_TIMEOUT_MS = 10_000;
const LOOK_AGAIN_MS = 20;

/** The right side, or a failure that shows the fault. */
export const succeeded = <A>(result: Either<HostFault, A>): A => {
  if (result._tag === 'Left') throw new Error(`${result.left._tag}: ${result.left.message}`);
  return result.right;
};

/** Asks the host until the instance has ended; the test's own timeout is the limit. */
export const ended = async (host: HostRuntime, instance: string): Promise<Observed> => {
  for (;;) {
    const seen = succeeded(await host.inspect(instance)());
    if (seen?.status === 'exited') return seen;
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
};

const collect = async (lines: AsyncIterable<LogLine>): Promise<string[]> => {
  const texts: string[] = [];
  for await (const line of lines) texts.push(line.text);
  return texts;
};

export const describeHostRuntime = (harness: HostHarness): void => {
  const unless = (thing: Skippable) => {
    const reason = harness.skips?.[thing];
    return (name: string, body: () => Promise<void>) =>
      test(name, async (context) => (reason === undefined ? body() : context.skip(reason)));
  };

  describe(`${harness.name} as a host runtime`, { timeout: harness.timeoutMs ?? DEFAULT_TIMEOUT_MS }, () => {
    let opened: OpenedHost;
    let host: HostRuntime;
    const specOf = (behaviour: Behaviour, overrides: Partial<RunSpec> = {}) =>
      opened.makeSpec({ ...harness.behave(behaviour), ...overrides });
    const start = async (behaviour: Behaviour, overrides: Partial<RunSpec> = {}) => {
      const spec = specOf(behaviour, overrides);
      succeeded(await host.run(spec)());
      return spec;
    };

    beforeEach(async () => {
      opened = await harness.open();
      host = opened.host;
    });
    afterEach(() => opened.cleanup());

    test('a heartbeat is answered, and the offer says what there is', async () => {
      succeeded(await host.ping()());
      const offer = succeeded(await host.offer()());
      expect(offer.cpus).toBeGreaterThan(0);
      expect(offer.mem).toBeGreaterThan(0);
      expect(offer.hostname).not.toBe('');
      if (!(offer.enforces.cpu && offer.enforces.memory)) expect(offer.warnings.length).toBeGreaterThan(0);
    });

    describe('run', () => {
      test('reports the instance running, and running it again changes nothing', async () => {
        const spec = await start({ does: 'sleep' });
        const first = succeeded(await host.inspect(spec.instance)());
        expect(first).toMatchObject({ instance: spec.instance, status: 'running' });
        expect(succeeded(await host.run(spec)())).toEqual(first);
      });

      test('two at the same moment start one', async () => {
        const spec = specOf({ does: 'sleep' });
        const [one, two] = await Promise.all([host.run(spec)(), host.run(spec)()]);
        expect(succeeded(one).id).toBe(succeeded(two).id);
        expect(succeeded(await host.inventory()()).filter(({ instance }) => instance === spec.instance)).toHaveLength(1);
      });

      test('two runtime objects at the same moment, as when an engine takes over, start one', async () => {
        const other = await opened.reopen();
        const spec = specOf({ does: 'sleep' });
        const [one, two] = await Promise.all([host.run(spec)(), other.run(spec)()]);
        expect(succeeded(one).id).toBe(succeeded(two).id);
        expect(succeeded(await host.inventory()()).filter(({ instance }) => instance === spec.instance)).toHaveLength(1);
        await other.close();
      });

      test('after a restart of the engine finds what runs', async () => {
        const spec = await start({ does: 'sleep' });
        const before = succeeded(await host.inspect(spec.instance)());
        const other = await opened.reopen();
        expect(succeeded(await other.run(spec)()).id).toBe(before?.id);
        await other.close();
      });

      test('never starts again what has ended', async () => {
        const spec = await start({ does: 'exit', code: 7 });
        const end = await ended(host, spec.instance);
        const other = await opened.reopen();
        expect(succeeded(await other.run(spec)())).toEqual(end);
        await other.close();
      });

      unless('missingCommand')('says CommandNotFound and leaves nothing running', async () => {
        const spec = specOf({ does: 'missing' });
        const result = await host.run(spec)();
        expect(result).toMatchObject({ _tag: 'Left', left: { _tag: 'CommandNotFound' } });
        expect(succeeded(await host.inspect(spec.instance)())?.status).not.toBe('running');
      });

      unless('takenPort')('says PortTaken with the port', async () => {
        const taken = await (opened.takePort ?? listening)();
        const { port } = taken;
        try {
          const spec = specOf({ does: 'sleep' });
          const ports = [{ protocol: 'tcp' as const, hostPort: port, ...(mapsPorts(spec) ? { containerPort: 80 } : {}) }];
          const result = await host.run({ ...spec, ports })();
          expect(result).toMatchObject({ _tag: 'Left', left: { _tag: 'PortTaken', port } });
          expect(succeeded(await host.inspect(spec.instance)())?.status).not.toBe('running');
        } finally {
          await taken.release();
        }
      });
    });

    describe('an end', () => {
      const endsWithCode = async (code: number) => {
        const spec = await start({ does: 'exit', code });
        const { exit } = await ended(host, spec.instance);
        expect({ exitCode: exit?.exitCode, signal: exit?.signal, oom: exit?.oom }).toEqual({
          exitCode: code,
          signal: undefined,
          oom: false,
        });
      };
      test.each([0, 3])('with exit code %i is told as that', endsWithCode);
      unless('codesOfSignals')('with an exit code that others use for a signal is told as that code', () => endsWithCode(137));

      unless('signals')('by a signal is told as that, not as an exit code', async () => {
        const spec = await start({ does: 'dieBy', signal: 'SIGKILL' });
        const { exit } = await ended(host, spec.instance);
        expect({ signal: exit?.signal, oom: exit?.oom }).toEqual({ signal: 'SIGKILL', oom: false });
      });

      unless('oom')('by the out-of-memory killer is told as that', async () => {
        const spec = await start({ does: 'exhaustMemory' });
        expect((await ended(host, spec.instance)).exit?.oom).toBe(true);
      });

      test('is hinted to who observes', async () => {
        const hinted = Promise.withResolvers<string>();
        const spec = specOf({ does: 'exit', code: 0 });
        const observing = host.observe((hint) => {
          if (hint.type === 'Changed' && hint.instance === spec.instance) hinted.resolve(hint.instance);
        });
        succeeded(await host.run(spec)());
        expect(await hinted.promise).toBe(spec.instance);
        observing.close();
      });
    });

    describe('stop', () => {
      test('ends it within its grace, and says how', async () => {
        const spec = await start({ does: 'sleep' });
        const end = succeeded(await host.stop(spec.instance, { signal: 'SIGTERM', killAt: Date.now() + LONG_GRACE_MS })());
        expect(end?.status).toBe('exited');
        expect(succeeded(await host.inspect(spec.instance)())?.status).toBe('exited');
      });

      unless('ignoreTerm')('kills at killAt what does not listen', async () => {
        const spec = await start({ does: 'ignoreTerm' });
        await firstLine(host, spec.instance);
        const end = succeeded(await host.stop(spec.instance, { signal: 'SIGTERM', killAt: Date.now() + 300 })());
        expect(end).toMatchObject({ status: 'exited', exit: { oom: false } });
        if (harness.skips?.signals === undefined) expect(end?.exit?.signal).toBe('SIGKILL');
      });

      unless('ignoreTerm')('kills at once when killAt has passed: a repeat after a crash starts no new grace', async () => {
        const spec = await start({ does: 'ignoreTerm' });
        await firstLine(host, spec.instance);
        expect(succeeded(await host.stop(spec.instance, { signal: 'SIGTERM', killAt: 0 })())?.status).toBe('exited');
      });

      test('of something absent is success', async () => {
        const { instance } = specOf({ does: 'sleep' });
        expect(succeeded(await host.stop(instance, { signal: 'SIGTERM', killAt: 0 })())).toBeUndefined();
      });

      test('repeated tells the same end', async () => {
        const spec = await start({ does: 'sleep' });
        const options = { signal: 'SIGTERM', killAt: Date.now() + LONG_GRACE_MS };
        const end = succeeded(await host.stop(spec.instance, options)());
        expect(succeeded(await host.stop(spec.instance, options)())).toEqual(end);
      });
    });

    test('the inventory lists what runs and what has ended, to a new runtime object too', async () => {
      const runs = await start({ does: 'sleep' });
      const gone = await start({ does: 'exit', code: 3 });
      await ended(host, gone.instance);
      const other = await opened.reopen();
      for (const each of [host, other]) {
        const statuses = new Map(succeeded(await each.inventory()()).map(({ instance, status }) => [instance, status]));
        expect([statuses.get(runs.instance), statuses.get(gone.instance)]).toEqual(['running', 'exited']);
      }
      await other.close();
    });

    test('remove takes away an ended instance, and again is success', async () => {
      const spec = await start({ does: 'exit', code: 0 });
      await ended(host, spec.instance);
      succeeded(await host.remove(spec.instance)());
      expect(succeeded(await host.inspect(spec.instance)())).toBeUndefined();
      succeeded(await host.remove(spec.instance)());
      expect(succeeded(await host.inventory()()).map(({ instance }) => instance)).not.toContain(spec.instance);
    });

    describe('logs', () => {
      unless('logs')('followed end with the instance, every line once and in order', async () => {
        const lines = ['one', 'two', 'three'];
        const spec = await start({ does: 'printSlowly', lines });
        expect(await collect(host.logs(spec.instance, { follow: true }))).toEqual(lines);
      });

      unless('logs')('can be cut to the last lines', async () => {
        const spec = await start({ does: 'printSlowly', lines: ['one', 'two', 'three'] });
        await ended(host, spec.instance);
        expect(await collect(host.logs(spec.instance, { follow: false, tail: 2 }))).toEqual(['two', 'three']);
      });

      unless('logs')('leave out what is older than asked', async () => {
        const spec = await start({ does: 'printSlowly', lines: ['one'] });
        await ended(host, spec.instance);
        expect(await collect(host.logs(spec.instance, { follow: false, since: Date.now() + LONG_GRACE_MS }))).toEqual([]);
        expect(await collect(host.logs(spec.instance, { follow: false, since: Date.now() - LONG_GRACE_MS }))).toEqual(['one']);
      });

      unless('logs')('followed stop when the signal is given', async () => {
        const spec = await start({ does: 'print', lines: ['ready'] });
        const control = new AbortController();
        const texts: string[] = [];
        for await (const line of host.logs(spec.instance, { follow: true, signal: control.signal })) {
          texts.push(line.text);
          control.abort();
        }
        expect(texts).toEqual(['ready']);
      });
    });

    describe('exec', () => {
      unless('exec')('runs beside the instance, with its environment, and tells code and output', async () => {
        const spec = await start({ does: 'sleep' }, { env: { GREETING: 'hello there' } });
        const argv = ['/bin/sh', '-c', 'echo "$GREETING"; echo oops >&2; exit 4'];
        const result = succeeded(await host.exec(spec.instance, argv, { timeoutMs: EXEC_TIMEOUT_MS })());
        expect({ ...result, stdout: result.stdout.trim(), stderr: result.stderr.trim() }).toEqual({
          exitCode: 4,
          stdout: 'hello there',
          stderr: 'oops',
        });
      });

      unless('exec')('adds to the environment what it is given', async () => {
        const spec = await start({ does: 'sleep' }, { env: { ONE: '1' } });
        const how = { timeoutMs: EXEC_TIMEOUT_MS, env: { TWO: 'second value' } };
        const { stdout } = succeeded(await host.exec(spec.instance, ['/bin/sh', '-c', 'echo "$ONE $TWO"'], how)());
        expect(stdout.trim()).toBe('1 second value');
      });

      unless('exec')('that takes too long is given up with a fault', async () => {
        const spec = await start({ does: 'sleep' });
        const result = await host.exec(spec.instance, ['/bin/sh', '-c', 'sleep 600'], { timeoutMs: 200 })();
        expect(result).toMatchObject({ _tag: 'Left', left: { _tag: 'Transient' } });
      });
    });

    unless('stats')('stats tell cpu time and memory of what runs', async () => {
      const spec = await start({ does: 'sleep' });
      const stats = succeeded(await host.stats(spec.instance)());
      expect(stats.cpuSeconds).toBeGreaterThanOrEqual(0);
      expect(stats.memoryBytes).toBeGreaterThan(0);
    });
  });
};

const mapsPorts = ({ network }: RunSpec): boolean => network.mode !== 'host';

const firstLine = async (host: HostRuntime, instance: string): Promise<string | undefined> => {
  for await (const line of host.logs(instance, { follow: true })) return line.text;
  return undefined;
};

const listening = async (): Promise<{ port: number; release(): Promise<void> }> => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { port: address.port, release: () => new Promise<void>((resolve) => server.close(() => resolve())) };
};
