import Docker from 'dockerode';
import { either as E } from 'fp-ts';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../../src/adapters/clock/systemClock.ts';
import { importBusybox } from '../../../../src/adapters/hosts/docker/busyboxImage.ts';
import { openDockerHost } from '../../../../src/adapters/hosts/docker/dockerHost.ts';
import { withPods } from '../../../../src/adapters/hosts/pods/withPods.ts';
import { describeWithDocker, ensureDocker } from '../../../support/docker.ts';
import { watchHost } from '../../../support/hints.ts';
import { specOf } from '../../../support/runSpec.ts';
import type { Sshd } from '../../../support/sshd.ts';
import { startSshd, whyNoSshd } from '../../../support/sshd.ts';

const noSshd = await whyNoSshd();
const engine = noSshd === undefined ? await ensureDocker() : { unavailable: noSshd };

describeWithDocker('a Docker Engine over ssh', 'unavailable' in engine ? engine.unavailable : undefined, () => {
  if ('unavailable' in engine) return;
  let sshd: Sshd;
  beforeAll(async () => {
    sshd = await startSshd();
    await importBusybox(new Docker({ socketPath: engine.socket }), { tag: 'wharf/busybox:test' });
  });
  afterAll(async () => {
    await sshd.stop();
    await engine.stop();
  });

  const open = (hostKeyFingerprint = sshd.fingerprint) => {
    const { port, privateKey } = sshd;
    const host = openDockerHost({ endpoint: { ssh: `root@127.0.0.1:${port}`, privateKey, hostKeyFingerprint, socketPath: engine.socket } });
    onTestFinished(() => host.close());
    return host;
  };

  test('does all that it does elsewhere, many calls at a time', async () => {
    const host = open();
    const watch = watchHost(host);
    onTestFinished(() => watch.close());
    await watch.next(({ type }) => type === 'Connected');
    expect(await host.run(specOf('inland', { command: { shell: 'echo up; exec sleep 1000' } }))()).toMatchObject({
      right: { status: 'running' },
    });
    await watch.next((hint) => hint.type === 'Changed' && hint.instance === 'inland');
    const many = await Promise.all(Array.from({ length: 100 }, () => host.inspect('inland')()));
    expect(many.every((result) => E.isRight(result) && result.right?.status === 'running')).toBe(true);
    expect(await host.exec('inland', ['echo', 'ahoy'], { timeoutMs: 10_000 })()).toEqual(
      E.right({ exitCode: 0, stdout: 'ahoy\n', stderr: '' }),
    );
    for await (const { text } of host.logs('inland', { follow: true })) {
      expect(text).toBe('up');
      break;
    }
    expect(await host.stop('inland', { signal: 'SIGKILL', killAt: 0 })()).toMatchObject({ right: { exit: { signal: 'SIGKILL' } } });
    expect(await host.remove('inland')()).toEqual(E.right(undefined));
  });

  test('runs a pod, whose pause image goes the same way', async () => {
    const host = withPods(open(), systemClock());
    const { instance, app, version, slot, network, ports, ...own } = specOf('convoy', { command: { shell: 'echo up; exec sleep 1000' } });
    const spec = specOf('convoy', { containers: ['one', 'two'].map((name) => ({ ...own, name })) });
    expect(await host.run(spec)()).toMatchObject({ right: { containers: [{ status: 'running' }, { status: 'running' }] } });
    expect(await host.stop('convoy', { signal: 'SIGKILL', killAt: 0 })()).toMatchObject({ right: { status: 'exited' } });
    expect(await host.remove('convoy')()).toEqual(E.right(undefined));
    expect(await host.inventory()()).toEqual(E.right([]));
  });

  test('with another host key than the pinned one is refused, naming both', async () => {
    const pinned = `SHA256:${'A'.repeat(43)}`;
    expect(await open(pinned).ping()()).toEqual(
      E.left({ _tag: 'HostUnreachable', message: `ssh 127.0.0.1:${sshd.port}: host key ${sshd.fingerprint} is not the pinned ${pinned}` }),
    );
  });

  test('is connected again when the connection broke', async () => {
    const host = open();
    const watch = watchHost(host);
    onTestFinished(() => watch.close());
    await watch.next(({ type }) => type === 'Connected');
    await sshd.restart();
    await watch.next(({ type }) => type === 'Disconnected');
    await watch.next(({ type }) => type === 'Connected');
    expect(await host.inventory()()).toEqual(E.right([]));
  });
});
