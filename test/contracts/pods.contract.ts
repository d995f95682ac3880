/**
 * What pods promise on every host runtime: several containers as one instance. The runtime below is a real one; `withPods` around it is what
 * is tried. A runtime that can't have a thing says why.
 */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { systemClock } from '../../src/adapters/clock/systemClock.ts';
import { memberName } from '../../src/adapters/hosts/members.ts';
import { withPods } from '../../src/adapters/hosts/pods/withPods.ts';
import type { ContainerSpec, HostRuntime, LogLine, Observed, RunSpec } from '../../src/domain/ports/hosts.ts';
import { type Behaviour, ended, type HostHarness, type OpenedHost, succeeded } from './hostRuntime.contract.ts';

export type OpenedForPods = OpenedHost & {
  /** Where a published port answers from here. */
  readonly address?: string;
  /** A port of the host that is free for this test. */
  freePort(): Promise<number>;
  /** Volumes of the host whose name has this in it. */
  volumes?(part: string): Promise<readonly string[]>;
};

export type PodHarness = Pick<HostHarness, 'name' | 'behave' | 'timeoutMs'> & {
  /** Opens the runtime as it is, without pods around it. */
  readonly open: () => Promise<OpenedForPods>;
  /** How a tool of busybox is called by a container's shell. */
  readonly tool: (applet: string) => string;
  /** A path in a container where a volume can be mounted. */
  readonly mountPath: string;
  readonly skips?: Readonly<Partial<Record<'execution' | 'logs', string>>>;
};

const DEFAULT_TIMEOUT_MS = 60_000;
const LONG_GRACE_MS = 60_000;
const LOOK_AGAIN_MS = 20;
/** A file's time comes from the kernel's tick. */
const CLOCKS_APART_MS = 20;
const EXEC_TIMEOUT_MS = 10_000;
const TERM = { signal: 'SIGTERM', killAt: 0 } as const;

type Container = Partial<ContainerSpec> & { readonly name: string };

export const describePods = (harness: PodHarness): void => {
  const unless = (thing: 'execution' | 'logs') => {
    const reason = harness.skips?.[thing];
    return (name: string, body: () => Promise<void>) =>
      test(name, async (context) => (reason === undefined ? body() : context.skip(reason)));
  };

  describe(`pods on ${harness.name}`, { timeout: harness.timeoutMs ?? DEFAULT_TIMEOUT_MS }, () => {
    let opened: OpenedForPods;
    let inner: HostRuntime;
    let host: HostRuntime;

    /** A container that does so. */
    const that = (name: string, behaviour: Behaviour, more: Partial<ContainerSpec> = {}): Container => ({
      name,
      ...(harness.behave(behaviour) as Partial<ContainerSpec>),
      ...more,
    });
    const shell = (name: string, script: string, more: Partial<ContainerSpec> = {}): Container =>
      ({ name, command: { shell: script }, ...more }) as Container;
    const podOf = (containers: readonly Container[], overrides: Partial<RunSpec> = {}): RunSpec => {
      const spec = opened.makeSpec(overrides);
      const { instance, app, version, slot, network, ports, containers: _, ...own } = spec;
      return { ...spec, containers: containers.map((each) => ({ ...own, ...each })) };
    };
    const start = async (containers: readonly Container[], overrides: Partial<RunSpec> = {}) => {
      const spec = podOf(containers, overrides);
      succeeded(await host.run(spec)());
      return spec;
    };
    const seen = async (instance: string, by: HostRuntime = host): Promise<Observed | undefined> => succeeded(await by.inspect(instance)());
    const container = (observed: Observed | undefined, name: string) => observed?.containers?.find((each) => each.name === name);
    /** Looks until it is so; the test's own timeout is the limit. */
    const until = async (instance: string, isSo: (observed: Observed | undefined) => boolean, by: HostRuntime = host) => {
      for (;;) {
        const observed = await seen(instance, by);
        if (isSo(observed)) return observed;
        await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
      }
    };
    /** Whatever the runtime itself has of a pod. */
    const leftOf = async (instance: string) =>
      succeeded(await inner.inventory()())
        .filter((each) => each.instance === instance || each.instance.startsWith(`${instance}.`))
        .map((each) => [each.instance.slice(instance.length), each.status]);
    /** A runtime whose engine dies after so many of its starts. */
    const dyingAfter = (starts: number): HostRuntime => {
      let begun = 0;
      const dead = () => () => Promise.reject(new Error('the engine is dead'));
      const run: HostRuntime['run'] = (spec) => (begun++ < starts ? inner.run(spec) : dead());
      return withPods({ ...inner, run, stop: dead, remove: dead }, systemClock());
    };
    const startHalf = async (spec: RunSpec, starts: number) => {
      await expect(dyingAfter(starts).run(spec)()).rejects.toThrow('the engine is dead');
    };
    const reopened = async (): Promise<HostRuntime> => withPods(await opened.reopen(), systemClock());

    beforeEach(async () => {
      opened = await harness.open();
      inner = opened.host;
      host = withPods(inner, systemClock());
    });
    afterEach(async () => {
      for (const { instance } of succeeded(await host.inventory()())) {
        await host.stop(instance, TERM)();
        await host.remove(instance)();
      }
      await opened.cleanup();
    });

    describe('run', () => {
      test('starts all containers, reports them as one instance, and again changes nothing', async () => {
        const spec = await start([that('one', { does: 'sleep' }), that('two', { does: 'sleep' })]);
        const first = await seen(spec.instance);
        expect(first).toMatchObject({
          instance: spec.instance,
          status: 'running',
          containers: [
            { name: 'one', status: 'running' },
            { name: 'two', status: 'running' },
          ],
        });
        expect(succeeded(await host.run(spec)())).toEqual(first);
        expect(succeeded(await host.inventory()()).map(({ instance, status }) => [instance, status])).toEqual([[spec.instance, 'running']]);
      });

      test('two runtime objects at the same moment start one', async () => {
        const other = await reopened();
        const spec = podOf([that('one', { does: 'sleep' }), that('two', { does: 'sleep' })]);
        const [first, second] = await Promise.all([host.run(spec)(), other.run(spec)()]);
        expect(succeeded(first).containers?.map(({ id }) => id)).toEqual(succeeded(second).containers?.map(({ id }) => id));
        expect(await leftOf(spec.instance)).toHaveLength(3);
        await other.close();
      });

      test.each([
        [0, 'before anything was made'],
        [1, 'before its first container'],
        [2, 'between its containers'],
      ])('after %i starts of an engine that died %#: goes on where it stands, and starts nothing twice', async (starts) => {
        const spec = podOf([that('one', { does: 'sleep' }), that('two', { does: 'sleep' })]);
        await startHalf(spec, starts);
        const before = await leftOf(spec.instance);
        expect(before).toHaveLength(starts);
        const half = await seen(spec.instance);
        const other = await reopened();
        succeeded(await other.run(spec)());
        const whole = await seen(spec.instance, other);
        expect(whole).toMatchObject({ status: 'running', containers: [{ status: 'running' }, { status: 'running' }] });
        if (starts > 0) expect(whole?.id).toBe(half?.id);
        if (starts > 1) expect(container(whole, 'one')?.id).toBe(container(half, 'one')?.id);
        await other.close();
      });

      test('of a half-started one whose container has failed meanwhile reports its end, and starts nothing more', async () => {
        const spec = podOf([shell('one', 'sleep 0.3; exit 3'), that('two', { does: 'sleep' })]);
        await startHalf(spec, 2);
        await ended(inner, memberName(spec.instance, 'one'));
        const other = await reopened();
        succeeded(await other.run(spec)());
        const end = await ended(other, spec.instance);
        expect(end).toMatchObject({
          exit: { exitCode: 3 },
          containers: [{ status: 'exited' }, { name: 'two', id: '', status: 'created' }],
        });
        expect(succeeded(await other.run(spec)())).toEqual(end);
        await other.close();
      });

      test('of a half-started one whose container has finished meanwhile starts the others', async () => {
        const spec = podOf([that('one', { does: 'exit', code: 0 }), that('two', { does: 'sleep' })]);
        await startHalf(spec, 2);
        await ended(inner, memberName(spec.instance, 'one'));
        succeeded(await host.run(spec)());
        expect(await seen(spec.instance)).toMatchObject({ status: 'running', containers: [{ status: 'exited' }, { status: 'running' }] });
      });

      test('never starts again what has ended', async () => {
        const spec = await start([that('one', { does: 'exit', code: 0 }), that('two', { does: 'exit', code: 0 })]);
        const end = await ended(host, spec.instance);
        const other = await reopened();
        expect(succeeded(await other.run(spec)())).toEqual(end);
        await other.close();
      });

      test('says why a container cannot be started, and leaves nothing where none has run', async () => {
        const spec = podOf([that('one', { does: 'missing' }), that('two', { does: 'sleep' })]);
        expect(await host.run(spec)()).toMatchObject({ _tag: 'Left', left: { _tag: 'CommandNotFound' } });
        expect(await leftOf(spec.instance)).toEqual([]);
      });

      test('says why a later container cannot be started, ends the earlier, and never starts them again', async () => {
        const spec = podOf([that('one', { does: 'sleep' }), that('two', { does: 'missing' })]);
        expect(await host.run(spec)()).toMatchObject({ _tag: 'Left', left: { _tag: 'CommandNotFound' } });
        expect((await seen(spec.instance))?.status).toBe('exited');
        const other = await reopened();
        expect(succeeded(await other.run(spec)())).toMatchObject({ status: 'exited', containers: [{ status: 'exited' }, {}] });
        await other.close();
      });
    });

    describe('an end', () => {
      test('of one container with 0 lets the others run, and is told', async () => {
        const spec = await start([that('one', { does: 'exit', code: 0 }), that('two', { does: 'sleep' })]);
        const now = await until(spec.instance, (observed) => container(observed, 'one')?.status === 'exited');
        expect(now).toMatchObject({ status: 'running', containers: [{ exit: { exitCode: 0 } }, { status: 'running' }] });
        // Nothing is done about it by itself either.
        expect((await seen(spec.instance))?.status).toBe('running');
      });

      test('of one container with another code ends the pod, with that code', async () => {
        const spec = await start([that('one', { does: 'sleep' }), that('two', { does: 'exit', code: 3 })]);
        const end = await ended(host, spec.instance);
        expect(end).toMatchObject({ exit: { exitCode: 3, oom: false }, containers: [{ status: 'exited' }, { exit: { exitCode: 3 } }] });
      });

      test('of all containers with 0 is the end of the pod with 0', async () => {
        const spec = await start([that('one', { does: 'exit', code: 0 }), that('two', { does: 'exit', code: 0 })]);
        expect((await ended(host, spec.instance)).exit).toMatchObject({ exitCode: 0, oom: false });
      });

      test('of one container while no engine was there is seen by the next one, which ends the others', async () => {
        const spec = podOf([that('one', { does: 'sleep' }), that('two', { does: 'exit', code: 4 })]);
        succeeded(await host.run(spec)());
        await ended(inner, memberName(spec.instance, 'two'));
        const other = await reopened();
        succeeded(await other.inventory()());
        expect((await ended(other, spec.instance)).exit?.exitCode).toBe(4);
        await other.close();
      });

      test('gives the ports back: another pod may have them', async () => {
        const ports = [{ protocol: 'tcp' as const, hostPort: await opened.freePort(), containerPort: 8080 }];
        const spec = await start([that('one', { does: 'exit', code: 0 })], { ports });
        await ended(host, spec.instance);
        await start([that('one', { does: 'sleep' })], { ports });
      });

      test('of what holds the pod is the end of all', async () => {
        const spec = await start([that('one', { does: 'sleep' }), that('two', { does: 'sleep' })]);
        succeeded(await inner.stop(spec.instance, { signal: 'SIGKILL', killAt: 0 })());
        expect(await ended(host, spec.instance)).toMatchObject({ containers: [{ status: 'exited' }, { status: 'exited' }] });
      });

      test('that somebody else makes of one container, taking it away, is the end of all', async () => {
        const spec = await start([that('one', { does: 'sleep' }), that('two', { does: 'sleep' })]);
        succeeded(await inner.stop(memberName(spec.instance, 'two'), { signal: 'SIGKILL', killAt: 0 })());
        succeeded(await inner.remove(memberName(spec.instance, 'two'))());
        expect((await ended(host, spec.instance)).containers).toMatchObject([{ status: 'exited' }, { id: '' }]);
      });

      test('is hinted under the name of the pod', async () => {
        const hinted = Promise.withResolvers<void>();
        const spec = podOf([that('one', { does: 'exit', code: 0 })]);
        const names = new Set<string>();
        const observing = host.observe((hint) => {
          if (!('instance' in hint)) return;
          names.add(hint.instance);
          void seen(hint.instance).then((observed) => {
            if (observed?.status === 'exited') hinted.resolve();
          });
        });
        succeeded(await host.run(spec)());
        await hinted.promise;
        expect([...names]).toEqual([spec.instance]);
        observing.close();
      });
    });

    describe('stop', () => {
      test('ends all containers within their grace, and says how', async () => {
        const spec = await start([that('one', { does: 'sleep' }), that('two', { does: 'sleep' })]);
        const options = { signal: 'SIGTERM', killAt: Date.now() + LONG_GRACE_MS };
        const end = succeeded(await host.stop(spec.instance, options)());
        expect(end).toMatchObject({ status: 'exited', containers: [{ status: 'exited' }, { status: 'exited' }] });
        expect(succeeded(await host.stop(spec.instance, options)())).toEqual(end);
      });

      test('kills at killAt the one that does not listen, and not before, though the other has ended at once', async () => {
        const spec = await start([that('one', { does: 'sleep' }), that('two', { does: 'ignoreTerm' })], { killGraceMs: 0 });
        await first(host.logs(spec.instance, { follow: true, container: 'two' }));
        const killAt = Date.now() + 1000;
        const stopping = host.stop(spec.instance, { signal: 'SIGTERM', killAt })();
        // Whoever looks meanwhile sees one that has failed, by our own signal.
        await until(spec.instance, (observed) => container(observed, 'one')?.status === 'exited');
        const end = succeeded(await stopping);
        expect(container(end, 'two')).toMatchObject({ status: 'exited' });
        expect(container(end, 'two')?.exit?.at).toBeGreaterThanOrEqual(killAt - CLOCKS_APART_MS);
      });

      test('of something absent is success', async () => {
        expect(succeeded(await host.stop(podOf([]).instance, TERM)())).toBeUndefined();
      });

      test.each([1, 2])('of a half-started one, after %i starts, ends what there is; nothing is started any more', async (starts) => {
        const spec = podOf([that('one', { does: 'sleep' }), that('two', { does: 'sleep' })]);
        await startHalf(spec, starts);
        succeeded(await host.stop(spec.instance, TERM)());
        const now = succeeded(await host.run(spec)());
        expect(now.status).toBe('exited');
        expect(container(now, 'two')?.id).toBe('');
      });

      test('ends what is left of one whose holder somebody has taken away', async () => {
        const spec = await start([that('one', { does: 'sleep' }), that('two', { does: 'sleep' })]);
        succeeded(await inner.stop(spec.instance, { signal: 'SIGKILL', killAt: 0 })());
        succeeded(await inner.remove(spec.instance)());
        const other = await reopened();
        const listed = succeeded(await other.inventory()());
        expect(listed.map(({ instance }) => instance)).toEqual([spec.instance]);
        expect(succeeded(await other.stop(spec.instance, TERM)())?.status).toBe('exited');
        succeeded(await other.remove(spec.instance)());
        expect(await leftOf(spec.instance)).toEqual([]);
        await other.close();
      });
    });

    describe('remove', () => {
      const shared = (spec: RunSpec) => `wharf-${spec.instance}-data`;

      test('takes away all that was of the pod, and again is success', async () => {
        const plain = podOf([]);
        const mounts =
          harness.skips?.execution === undefined
            ? [{ kind: 'volume' as const, name: shared(plain), containerPath: harness.mountPath, readOnly: false }]
            : [];
        const spec = { ...podOf([that('one', { does: 'exit', code: 0 }, { mounts })]), instance: plain.instance };
        succeeded(await host.run(spec)());
        await ended(host, spec.instance);
        if (opened.volumes !== undefined) expect(await opened.volumes(shared(spec))).toHaveLength(1);
        succeeded(await host.remove(spec.instance)());
        succeeded(await host.remove(spec.instance)());
        expect(await leftOf(spec.instance)).toEqual([]);
        expect(await seen(spec.instance)).toBeUndefined();
        expect(await (opened.volumes?.(shared(spec)) ?? [])).toEqual([]);
      });

      test.each([1, 2])('takes away what an engine that died after %i starts has left, once that is stopped', async (starts) => {
        const spec = podOf([that('one', { does: 'sleep' }), that('two', { does: 'sleep' })]);
        await startHalf(spec, starts);
        expect(succeeded(await host.inventory()())).toMatchObject([{ instance: spec.instance, status: 'running' }]);
        succeeded(await host.stop(spec.instance, TERM)());
        succeeded(await host.remove(spec.instance)());
        expect(await leftOf(spec.instance)).toEqual([]);
      });
    });

    describe('what containers share', () => {
      unless('execution')('they reach each other on 127.0.0.1', async () => {
        const port = await opened.freePort();
        const ports = [{ protocol: 'tcp' as const, hostPort: port, containerPort: port }];
        const server = `mkdir -p www; echo served > www/index.html; exec ${harness.tool('httpd')} -f -p ${port} -h www`;
        const spec = await start([shell('server', server), that('client', { does: 'sleep' })], { ports });
        const request = `until printf 'GET /index.html HTTP/1.0\\r\\n\\r\\n' | ${harness.tool('nc')} 127.0.0.1 ${port}; do sleep 0.1; done`;
        const how = { timeoutMs: EXEC_TIMEOUT_MS, container: 'client' };
        const { stdout } = succeeded(await host.exec(spec.instance, ['/bin/sh', '-c', request], how)());
        expect(stdout).toContain('served');
        // And the published port from outside.
        const answer = await fetch(`http://${opened.address}:${port}/index.html`);
        expect(await answer.text()).toBe('served\n');
      });

      unless('execution')('a volume of the pod has the files of all', async () => {
        const { instance } = podOf([]);
        const mounts = [{ kind: 'volume' as const, name: `wharf-${instance}-data`, containerPath: harness.mountPath, readOnly: false }];
        const path = harness.mountPath;
        const spec = podOf([
          shell('writer', `echo hello > ${path}/note.new; mv ${path}/note.new ${path}/note; exec sleep 600`, { mounts }),
          shell('reader', `until cat ${path}/note; do sleep 0.1; done 2>/dev/null; exec sleep 600`, { mounts }),
        ]);
        succeeded(await host.run({ ...spec, instance })());
        expect(await first(host.logs(instance, { follow: true, container: 'reader' }))).toMatchObject({ text: 'hello' });
      });
    });

    describe('output', () => {
      unless('logs')('is told with the name of who wrote it, or of one alone', async () => {
        const spec = await start([
          that('one', { does: 'printSlowly', lines: ['1', '2'] }),
          that('two', { does: 'printSlowly', lines: ['3', '4'] }),
        ]);
        const followed = await collect(host.logs(spec.instance, { follow: true }));
        expect(followed.toSorted()).toEqual(['one 1', 'one 2', 'two 3', 'two 4']);
        await ended(host, spec.instance);
        const kept = await collect(host.logs(spec.instance, { follow: false }));
        expect(kept.toSorted()).toEqual(['one 1', 'one 2', 'two 3', 'two 4']);
        expect(await collect(host.logs(spec.instance, { follow: false, container: 'two' }))).toEqual(['two 3', 'two 4']);
        expect(await collect(host.logs(spec.instance, { follow: false, tail: 1 }))).toEqual([kept.at(-1)]);
      });

      unless('logs')('followed ends when the reader leaves, though the other container is silent', async () => {
        const spec = await start([that('one', { does: 'print', lines: ['ready'] }), that('two', { does: 'sleep' })]);
        const lines: LogLine[] = [];
        for await (const line of host.logs(spec.instance, { follow: true })) {
          lines.push(line);
          break;
        }
        expect(lines).toMatchObject([{ container: 'one', text: 'ready' }]);
      });

      test('of a container that the pod has not is refused by its name', async () => {
        const spec = await start([that('one', { does: 'sleep' })]);
        await expect(collect(host.logs(spec.instance, { follow: false, container: 'other' }))).rejects.toThrow(
          `container: ${spec.instance} has no "other", only one`,
        );
      });
    });

    test('a command runs beside the first container, or beside the one that is named', async () => {
      const spec = await start([
        that('one', { does: 'sleep' }, { env: { WHO: 'first' } }),
        that('two', { does: 'sleep' }, { env: { WHO: 'second' } }),
      ]);
      const argv = ['/bin/sh', '-c', 'echo "$WHO"'];
      const how = { timeoutMs: EXEC_TIMEOUT_MS };
      expect(succeeded(await host.exec(spec.instance, argv, how)()).stdout.trim()).toBe('first');
      expect(succeeded(await host.exec(spec.instance, argv, { ...how, container: 'two' })()).stdout.trim()).toBe('second');
      expect(await host.exec(spec.instance, argv, { ...how, container: 'other' })()).toMatchObject({ left: { _tag: 'StartRejected' } });
    });

    test('what it uses is the sum of what its containers use', async () => {
      const spec = await start([that('one', { does: 'sleep' }), that('two', { does: 'sleep' })]);
      // Memory is measured at three moments, and a program that has just begun takes and leaves pages: asked until it has settled.
      const one = await vi.waitFor(
        async () => {
          const [first, second, all] = [
            succeeded(await host.stats(spec.instance, { container: 'one' })()),
            succeeded(await host.stats(spec.instance, { container: 'two' })()),
            succeeded(await host.stats(spec.instance)()),
          ];
          expect(first.memoryBytes).toBeGreaterThan(0);
          expect(all.memoryBytes).toBeGreaterThan(Math.max(first.memoryBytes, second.memoryBytes));
          return first;
        },
        { timeout: 15_000, interval: 200 },
      );
      const all = succeeded(await host.stats(spec.instance)());
      if (one.memoryLimitBytes !== undefined) expect(all.memoryLimitBytes).toBe(2 * one.memoryLimitBytes);
    });

    test('an instance without containers is what it always was', async () => {
      const spec = opened.makeSpec(harness.behave({ does: 'sleep' }));
      succeeded(await host.run(spec)());
      expect(await seen(spec.instance)).toEqual(succeeded(await inner.inspect(spec.instance)()));
      expect(await host.exec(spec.instance, ['true'], { timeoutMs: EXEC_TIMEOUT_MS, container: 'one' })()).toMatchObject({
        left: { _tag: 'StartRejected', message: `container: ${spec.instance} is no pod here` },
      });
    });
  });
};

const collect = async (lines: AsyncIterable<LogLine>): Promise<string[]> => {
  const texts: string[] = [];
  for await (const { container, text } of lines) texts.push(`${container} ${text}`);
  return texts;
};

const first = async (lines: AsyncIterable<LogLine>): Promise<LogLine | undefined> => {
  for await (const line of lines) return line;
  return undefined;
};
