import { readlink } from 'node:fs/promises';
import Docker from 'dockerode';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../../../src/adapters/clock/systemClock.ts';
import { importBusybox } from '../../../../src/adapters/hosts/docker/busyboxImage.ts';
import { openDockerHost } from '../../../../src/adapters/hosts/docker/dockerHost.ts';
import { withPods } from '../../../../src/adapters/hosts/pods/withPods.ts';
import type { RunSpec } from '../../../../src/domain/ports/hosts.ts';
import type { Behaviour } from '../../../contracts/hostRuntime.contract.ts';
import { shellCommand, succeeded } from '../../../contracts/hostRuntime.contract.ts';
import { describePods } from '../../../contracts/pods.contract.ts';
import { describeWithDocker, ensureDocker } from '../../../support/docker.ts';
import { specOf } from '../../../support/runSpec.ts';

const engine = await ensureDocker();

/** The first process of a process namespace ignores every signal that it has not asked for; beside the host's own it is like any other. */
const LIKE_ANY_OTHER = [{ key: 'pid', value: 'host' }];

const behave = (behaviour: Behaviour): Partial<RunSpec> => ({
  ...shellCommand(behaviour),
  ...(behaviour.does === 'sleep' || behaviour.does === 'dieBy' ? { parameters: LIKE_ANY_OTHER } : {}),
});

describeWithDocker('pods', 'unavailable' in engine ? engine.unavailable : undefined, () => {
  if ('unavailable' in engine) return;
  const docker = new Docker({ socketPath: engine.socket });
  let labels = 0;
  let ports = 31_600;
  const openHost = () => openDockerHost({ endpoint: { unix: engine.socket }, label: `pods-${labels}` });
  const containersOf = async (instance: string) =>
    (await docker.listContainers({ all: true })).filter(({ Names }) => Names.some((name) => name.startsWith(`/wharf-${instance}`)));

  beforeAll(() => importBusybox(docker, { tag: 'wharf/busybox:test' }));
  afterAll(() => engine.stop());

  describePods({
    name: 'a Docker Engine',
    behave,
    tool: (applet) => applet,
    mountPath: '/data',
    open: async () => {
      labels += 1;
      const opened = new Set<ReturnType<typeof openHost>>();
      const open = () => {
        const host = openHost();
        opened.add(host);
        return host;
      };
      const host = open();
      return {
        host,
        reopen: async () => open(),
        makeSpec: (overrides) => specOf(`p${labels}-${++ports}`, { network: { mode: 'bridge' }, ...overrides }),
        address: engine.address,
        freePort: async () => ++ports,
        volumes: async (part) => (await docker.listVolumes({ filters: { name: [part] } })).Volumes.map(({ Name }) => Name),
        cleanup: async () => {
          for (const { instance } of succeeded(await host.inventory()())) await host.remove(instance)();
          await Promise.all([...opened].map((each) => each.close()));
        },
      };
    },
  });

  const container = (name: string, changes: Partial<RunSpec> = {}) => {
    const { instance, app, version, slot, network, ports, containers, ...own } = specOf('any', {
      ...behave({ does: 'sleep' }),
      ...changes,
    });
    return { ...own, name };
  };

  test('a volume that the user named stays when the pod is removed', async () => {
    const host = withPods(openHost(), systemClock());
    const named = (name: string, containerPath: string) => ({ kind: 'volume' as const, name, containerPath, readOnly: false });
    const mounts = [named('wharf-user-data', '/theirs'), named('wharf-kept-1-ours', '/ours')];
    const spec = specOf('kept-1', { containers: [container('one', { mounts })] });
    succeeded(await host.run(spec)());
    succeeded(await host.stop(spec.instance, { signal: 'SIGKILL', killAt: 0 })());
    succeeded(await host.remove(spec.instance)());
    const left = (await docker.listVolumes()).Volumes.map(({ Name }) => Name);
    expect(left).toContain('wharf-user-data');
    expect(left).not.toContain('wharf-kept-1-ours');
    await docker.getVolume('wharf-user-data').remove();
    await host.close();
  });

  test('an image that cannot be had is found before anything of the pod runs', async () => {
    const host = withPods(openHost(), systemClock());
    const image = `sha256:${'0'.repeat(64)}`;
    const spec = specOf('imageless-1', { containers: [container('one'), container('two', { image })] });
    expect(await host.run(spec)()).toMatchObject({ _tag: 'Left', left: { _tag: 'ImageMissing', image } });
    expect(await containersOf(spec.instance)).toEqual([]);
    await host.close();
  });

  test('what one container cannot have is refused by its name, before anything of the pod runs', async () => {
    const host = withPods(openHost(), systemClock());
    const spec = specOf('refused-1', {
      containers: [container('one'), container('two', { parameters: [{ key: 'restart', value: 'always' }] })],
    });
    expect(await host.run(spec)()).toMatchObject({
      left: { _tag: 'StartRejected', message: "containers.two: parameter 'restart' is not supported" },
    });
    expect(await containersOf(spec.instance)).toEqual([]);
    await host.close();
  });

  test('the containers share their IPC, and have the names and labels of their pod', async () => {
    const host = withPods(openHost(), systemClock());
    const spec = specOf('shared-1', { containers: [container('one'), container('two')] });
    succeeded(await host.run(spec)());
    const how = { timeoutMs: 10_000 };
    succeeded(await host.exec(spec.instance, ['/bin/sh', '-c', 'echo seen > /dev/shm/note'], how)());
    const read = await host.exec(spec.instance, ['cat', '/dev/shm/note'], { ...how, container: 'two' })();
    expect(succeeded(read).stdout).toBe('seen\n');
    const listed = await containersOf(spec.instance);
    expect(listed.map(({ Names, Labels }) => [Names[0], Labels['wharfinger.container']]).toSorted()).toEqual([
      ['/wharf-shared-1', undefined],
      ['/wharf-shared-1.one', 'one'],
      ['/wharf-shared-1.two', 'two'],
    ]);
    succeeded(await host.stop(spec.instance, { signal: 'SIGKILL', killAt: 0 })());
    succeeded(await host.remove(spec.instance)());
    await host.close();
  });

  test('a pod may have the IPC of its host, and a container one of its own', async () => {
    const host = withPods(openHost(), systemClock());
    const own = container('own', { parameters: [{ key: 'ipc', value: 'private' }] });
    const spec = specOf('hostipc-1', {
      parameters: [{ key: 'ipc', value: 'host' }],
      containers: [container('one'), container('two'), own],
    });
    succeeded(await host.run(spec)());
    const namespaceOf = async (name: string) => {
      const how = { timeoutMs: 10_000, container: name };
      return succeeded(await host.exec(spec.instance, ['readlink', '/proc/self/ns/ipc'], how)()).stdout.trim();
    };
    const ofHost = await readlink('/proc/self/ns/ipc');
    expect([await namespaceOf('one'), await namespaceOf('two')]).toEqual([ofHost, ofHost]);
    expect(await namespaceOf('own')).not.toBe(ofHost);
    succeeded(await host.stop(spec.instance, { signal: 'SIGKILL', killAt: 0 })());
    succeeded(await host.remove(spec.instance)());
    await host.close();
  });

  test('a pod on the network of its host listens there', async () => {
    const host = withPods(openHost(), systemClock());
    const port = ++ports;
    const command = { shell: `mkdir -p www; echo served > www/index.html; exec httpd -f -p ${port} -h www` };
    const spec = specOf('hosted-1', {
      network: { mode: 'host' },
      ports: [{ protocol: 'tcp', hostPort: port }],
      containers: [container('server', { command, parameters: [] })],
    });
    succeeded(await host.run(spec)());
    const ask = `until printf 'GET /index.html HTTP/1.0\\r\\n\\r\\n' | nc 127.0.0.1 ${port}; do sleep 0.1; done`;
    succeeded(await host.exec(spec.instance, ['/bin/sh', '-c', ask], { timeoutMs: 20_000 })());
    expect(await (await fetch(`http://${engine.address}:${port}/index.html`)).text()).toBe('served\n');
    succeeded(await host.stop(spec.instance, { signal: 'SIGKILL', killAt: 0 })());
    succeeded(await host.remove(spec.instance)());
    await host.close();
  });
});
