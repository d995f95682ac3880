import Docker from 'dockerode';
import { either as E } from 'fp-ts';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../../src/adapters/clock/systemClock.ts';
import { importBusybox } from '../../../../src/adapters/hosts/docker/busyboxImage.ts';
import { openDockerHost } from '../../../../src/adapters/hosts/docker/dockerHost.ts';
import { withPods } from '../../../../src/adapters/hosts/pods/withPods.ts';
import type { RunSpec } from '../../../../src/domain/ports/hosts.ts';
import { ended } from '../../../contracts/hostRuntime.contract.ts';
import type { Cluster } from '../../../support/cluster.ts';
import { startCluster } from '../../../support/cluster.ts';
import { describeWithDocker, whyNoDocker } from '../../../support/docker.ts';
import { watchHost } from '../../../support/hints.ts';
import { specOf } from '../../../support/runSpec.ts';

const reason = await whyNoDocker();

describeWithDocker('a Docker Engine over tcp with mutual TLS', reason, () => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster(2, ['--live-restore']);
    for (const { socket } of cluster.hosts) await importBusybox(new Docker({ socketPath: socket }), { tag: 'wharf/busybox:test' });
  }, 60_000);
  afterAll(() => cluster.down(), 60_000);

  const open = (index: number, keys = cluster.keys) => {
    const host = openDockerHost({ endpoint: { tcp: cluster.hosts[index]?.tcp ?? '', ...keys } });
    const watch = watchHost(host);
    onTestFinished(async () => {
      watch.close();
      await host.close();
    });
    return { host, watch };
  };

  test('is a host whose address is known, and refuses whoever shows no certificate of ours', async () => {
    const { host } = open(0);
    expect(await host.ping()()).toEqual(E.right(undefined));
    expect(await host.offer()()).toMatchObject({ right: { address: cluster.hosts[0]?.address } });
    const strangers = await startCluster(0);
    onTestFinished(() => strangers.down());
    const { host: refused } = open(0, { ...strangers.keys, ca: cluster.keys.ca });
    expect(await refused.ping()()).toMatchObject({ left: { _tag: 'HostUnreachable' } });
  });

  test('that is cut off is unreachable in bounded time, and its instances are found again', async () => {
    const { host, watch } = open(1);
    await watch.next(({ type }) => type === 'Connected');
    expect(await host.run(specOf('far'))()).toMatchObject({ right: { status: 'running' } });
    const before = await host.inspect('far')();

    await cluster.partition(2);
    const inspecting = host.inspect('far')();
    for (const _ of [1, 2, 3]) expect(await host.ping()()).toMatchObject({ left: { _tag: 'HostUnreachable' } });
    expect(await watch.next(({ type }) => type === 'Disconnected')).toMatchObject({ message: 'the host leaves heartbeats unanswered' });

    expect(await inspecting).toEqual(E.left({ _tag: 'Transient', message: 'inspect wharf-far: no answer within 10000 ms' }));

    await cluster.heal(2);
    for (;;) if (E.isRight(await host.ping()())) break;
    await watch.next(({ type }) => type === 'Connected');
    expect(await host.inspect('far')()).toEqual(before);
    await host.remove('far')();
  }, 60_000);

  test('that dies with live-restore comes back with its instances untouched', async () => {
    const { host, watch } = open(0);
    await watch.next(({ type }) => type === 'Connected');
    await host.run(specOf('steady'))();
    const before = await host.inspect('steady')();
    await cluster.kill(1);
    await watch.next(({ type }) => type === 'Disconnected');
    expect(await host.ping()()).toMatchObject({ left: { _tag: 'HostUnreachable' } });
    expect(await host.inspect('steady')()).toMatchObject({ left: { _tag: 'HostUnreachable' } });
    await cluster.restart(1);
    await watch.next(({ type }) => type === 'Connected');
    expect(await host.inspect('steady')()).toEqual(before);
    await host.remove('steady')();
  }, 60_000);

  const podOf = (instance: string): RunSpec => {
    const { app, version, slot, network, ports, instance: _, ...own } = specOf('any');
    return specOf(instance, { network: { mode: 'bridge' }, containers: ['one', 'two'].map((name) => ({ ...own, name })) });
  };

  test('that dies with live-restore comes back with its pods untouched, and what failed meanwhile takes the others with it', async () => {
    const { host: runtime, watch } = open(0);
    const host = withPods(runtime, systemClock());
    await watch.next(({ type }) => type === 'Connected');
    expect(await host.run(podOf('fleet'))()).toMatchObject({ right: { status: 'running' } });
    expect(await host.run(podOf('hurt'))()).toMatchObject({ right: { status: 'running' } });
    const before = await host.inspect('fleet')();
    const docker = new Docker({ socketPath: cluster.hosts[0]?.socket });
    const { State } = await docker.getContainer('wharf-hurt.two').inspect();
    await cluster.kill(1);
    await watch.next(({ type }) => type === 'Disconnected');
    process.kill(State.Pid, 'SIGKILL');
    await cluster.restart(1);
    await watch.next(({ type }) => type === 'Connected');
    expect(await host.inspect('fleet')()).toEqual(before);
    await host.inventory()();
    expect(await ended(host, 'hurt')).toMatchObject({
      exit: { signal: 'SIGKILL' },
      containers: [{ status: 'exited' }, { status: 'exited' }],
    });
    for (const each of ['fleet', 'hurt']) {
      await host.stop(each, { signal: 'SIGKILL', killAt: 0 })();
      expect(await host.remove(each)()).toEqual(E.right(undefined));
    }
  }, 60_000);

  test('that dies without live-restore comes back with its pods ended, and starts nothing of them again', async () => {
    await cluster.kill(2);
    await cluster.restart(2, []);
    const host = withPods(open(1).host, systemClock());
    const spec = podOf('lostfleet');
    expect(await host.run(spec)()).toMatchObject({ right: { status: 'running' } });
    await cluster.kill(2);
    await cluster.restart(2, []);
    const end = await ended(host, spec.instance);
    expect(end.containers?.map(({ status }) => status)).toEqual(['exited', 'exited']);
    expect(await host.run(spec)()).toEqual(E.right(end));
    expect(await host.remove(spec.instance)()).toEqual(E.right(undefined));
  }, 60_000);

  test('that dies without live-restore comes back and tells which instances ended', async () => {
    await cluster.kill(2);
    await cluster.restart(2, []);
    const { host, watch } = open(1);
    await watch.next(({ type }) => type === 'Connected');
    await host.run(specOf('lost'))();
    await watch.next((hint) => hint.type === 'Changed' && hint.instance === 'lost');
    await cluster.kill(2);
    await watch.next(({ type }) => type === 'Disconnected');
    await cluster.restart(2, []);
    await watch.next(({ type }) => type === 'Connected');
    await watch.next((hint) => hint.type === 'Changed' && hint.instance === 'lost');
    expect(await host.inspect('lost')()).toMatchObject({ right: { status: 'exited' } });
    await host.remove('lost')();
  }, 60_000);

  test('that stands still is unreachable, and nothing asked of it hangs', async () => {
    const { host, watch } = open(0);
    await watch.next(({ type }) => type === 'Connected');
    const pid = cluster.hosts[0]?.pid() ?? 0;
    process.kill(pid, 'SIGSTOP');
    try {
      // The kernel stops its threads one by one; an answer may still get out.
      for (;;) if (E.isLeft(await host.ping()())) break;
      for (const _ of [2, 3])
        expect(await host.ping()()).toEqual(E.left({ _tag: 'HostUnreachable', message: 'ping: no answer within 1000 ms' }));
      await watch.next(({ type }) => type === 'Disconnected');
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    for (;;) if (E.isRight(await host.ping()())) break;
    await watch.next(({ type }) => type === 'Connected');
  }, 60_000);
});
