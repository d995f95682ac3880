import { either as E } from 'fp-ts';
import { describe, expect, test } from 'vitest';
import { createOptionsOf } from '../../../../src/adapters/hosts/docker/containerCalls.ts';
import { runSpecOf } from '../../../../src/domain/app/definition/runSpec.ts';
import type { ContainerSpec, RunSpec } from '../../../../src/domain/ports/hosts.ts';
import { app } from '../../../domain/app/definition/support.ts';
import { specOf } from '../../../support/runSpec.ts';

const GOLDENS = '../../../goldens/docker';

const volume = (name: string) => ({ kind: 'volume' as const, name, containerPath: '/data', readOnly: false });
const container = (name: string, changes: Partial<RunSpec>): ContainerSpec => {
  const { instance, app, version, slot, network, ports, containers, killGraceMs, ...own } = specOf('any', changes);
  return { ...own, name };
};

const cases: Readonly<Record<string, Partial<RunSpec>>> = {
  'bridge-with-ports': {
    network: { mode: 'bridge' },
    command: { shell: 'exec httpd -f -p 80' },
    env: { A: '1', B: 'two words' },
    labels: { team: 'quay', 'wharfinger.instance': 'somebody else' },
    ports: [
      { name: 'web', protocol: 'tcp', hostPort: 31000, containerPort: 80 },
      { protocol: 'udp', hostPort: 31001, containerPort: 53 },
      { protocol: 'udp,tcp', hostPort: 31002, containerPort: 5353 },
      { protocol: 'tcp', hostPort: 31003 },
    ],
  },
  'host-mode': {
    network: { mode: 'host' },
    command: {},
    user: 'nobody',
    cpus: 0.001,
    mem: 1,
    ports: [{ protocol: 'tcp', hostPort: 31000 }],
  },
  'named-network': {
    network: { mode: 'container', name: 'quay' },
    entrypoint: ['/bin/tool', '--verbose'],
    command: { args: ['run'] },
    tty: true,
    privileged: true,
    gpus: 2,
    cpus: 1.5,
    mem: 512,
    parameters: [{ key: 'network-alias', value: 'web' }],
  },
  mounts: {
    artifacts: [{ uri: 'file:///a.tgz', extract: true, executable: false }],
    mounts: [
      { kind: 'bind', hostPath: '/srv/data', containerPath: '/data', readOnly: true },
      { kind: 'bind', hostPath: '/srv/scratch', containerPath: 'scratch', readOnly: false },
      { kind: 'volume', name: 'db', containerPath: '/db', readOnly: false },
      { kind: 'volume', name: 'shared', containerPath: '/shared', readOnly: true, driver: 'local', driverOptions: { type: 'tmpfs' } },
      { kind: 'tmpfs', containerPath: '/cache', sizeBytes: 1_048_576 },
      { kind: 'tmpfs', containerPath: '/free' },
    ],
  },
  'holder-of-a-pod': {
    network: { mode: 'bridge' },
    ports: [{ protocol: 'tcp', hostPort: 31000, containerPort: 80 }],
    killGraceMs: 5000,
    parameters: [{ key: 'shm-size', value: '64m' }],
    containers: [
      container('web', { mounts: [volume('wharf-i-1-data'), volume('theirs')], parameters: [{ key: 'cap-add', value: 'NET_ADMIN' }] }),
      container('db', { mounts: [volume('wharf-i-1-data')] }),
    ],
  },
  'container-of-a-pod': { instance: 'i-1.web', network: { mode: 'join', instance: 'i-1' }, mounts: [volume('wharf-i-1-data')] },
  parameters: {
    network: { mode: 'bridge' },
    parameters: [
      ['add-host', 'db:10.0.0.1'],
      ['cap-add', 'NET_ADMIN'],
      ['cap-drop', 'MKNOD'],
      ['device', '/dev/null:/dev/nothing:r'],
      ['dns', '10.0.0.53'],
      ['dns-search', 'quay.example'],
      ['env', 'C=3'],
      ['hostname', 'web-1'],
      ['init', 'true'],
      ['ipc', 'private'],
      ['label', 'tier=front'],
      ['label', 'wharfinger.instance=somebody else'],
      ['log-driver', 'json-file'],
      ['log-opt', 'max-size=1m'],
      ['mac-address', '02:42:ac:11:00:07'],
      ['memory-swap', '-1'],
      ['oom-kill-disable', 'false'],
      ['pid', 'host'],
      ['pids-limit', '64'],
      ['read-only', 'true'],
      ['security-opt', 'no-new-privileges'],
      ['shm-size', '64m'],
      ['stop-signal', 'SIGINT'],
      ['sysctl', 'net.core.somaxconn=1024'],
      ['tmpfs', '/run:rw,size=1m'],
      ['ulimit', 'nofile=1024:2048'],
      ['volume', '/srv:/srv:ro'],
      ['volume-driver', 'local'],
      ['workdir', '/tmp'],
    ].map(([key = '', value = '']) => ({ key, value })),
  },
};

describe('what the engine is told to create', () => {
  for (const [name, changes] of Object.entries(cases))
    test(`is the golden for ${name}`, async () => {
      const options = createOptionsOf(specOf('i-1', changes), 'wharfinger');
      await expect(`${JSON.stringify(E.isRight(options) ? options.right : options, null, 2)}\n`).toMatchFileSnapshot(
        `${GOLDENS}/${name}.json`,
      );
    });

  test('leaves out labels that look like ours, wherever the user puts them', () => {
    const label = `wharfinger.pod=${JSON.stringify({ instance: 'i-1', containers: ['a'], volumes: ['theirs'] })}`;
    const spec = specOf('i-1', { labels: { 'wharfinger.pod': '{}', mine: 'yes' }, parameters: [{ key: 'label', value: label }] });
    const options = createOptionsOf(spec, 'wharfinger');
    const labels = E.isRight(options) ? (options.right.Labels ?? {}) : {};
    expect(labels.mine).toBe('yes');
    expect(labels).not.toHaveProperty(['wharfinger.pod']);
  });

  test('refuses a pod with what one of its containers cannot have, naming it', () => {
    const spec = specOf('i-1', { containers: [container('web', {}), container('db', { parameters: [{ key: 'rm', value: 'true' }] })] });
    expect(createOptionsOf(spec, 'wharfinger')).toEqual(
      E.left({ _tag: 'StartRejected', message: "containers.db: parameter 'rm' is not supported" }),
    );
  });

  test('gives a container the limits that its app asks for instead of what it reserves; 0 is without one', () => {
    const limits = (cpus: number | 'unlimited', mem: number | 'unlimited') => {
      const definition = app({ cmd: undefined, container: { docker: { image: 'a' } }, cpus: 1, mem: 64, resourceLimits: { cpus, mem } });
      const { parameters } = runSpecOf(definition, { instance: 'i-1', version: '1', slot: 0, node, hostPorts: [] });
      const made = createOptionsOf(specOf('i-1', { cpus: 1, mem: 64, parameters }), 'wharfinger');
      const { NanoCpus, CpuShares, Memory, MemorySwap } = E.isRight(made) ? (made.right.HostConfig ?? {}) : {};
      return { NanoCpus, CpuShares, Memory, MemorySwap };
    };
    const node = { hostname: 'n1', address: '10.0.0.1' };
    expect(limits(2, 128)).toEqual({ NanoCpus: 2e9, CpuShares: 1024, Memory: 128 * 2 ** 20, MemorySwap: 128 * 2 ** 20 });
    expect(limits('unlimited', 'unlimited')).toEqual({ NanoCpus: 0, CpuShares: 1024, Memory: 0, MemorySwap: 0 });
  });

  test.each([
    ['name', 'other'],
    ['restart', 'always'],
    ['rm', 'true'],
    ['toString', ''],
  ])('refuses the parameter %s, naming it', (key, value) => {
    expect(createOptionsOf(specOf('i-1', { parameters: [{ key, value }] }), 'wharfinger')).toEqual(
      E.left({ _tag: 'StartRejected', message: `parameter '${key}' is not supported` }),
    );
  });

  test.each([
    ['ulimit', 'many', "parameter 'ulimit' is <type>=<soft>[:<hard>], not 'many'"],
    ['shm-size', 'big', "parameter 'shm-size' is a size such as 64m, not 'big'"],
    ['init', 'perhaps', "parameter 'init' is true or false, not 'perhaps'"],
    ['pids-limit', '1.5', "parameter 'pids-limit' is a whole number, not '1.5'"],
    ['cpus', 'all', "parameter 'cpus' is a number of cpus, not 'all'"],
    ['memory', '-1', "parameter 'memory' is a size such as 64m, not '-1'"],
  ])('refuses a wrong value of %s', (key, value, message) => {
    expect(createOptionsOf(specOf('i-1', { parameters: [{ key, value }] }), 'wharfinger')).toEqual(
      E.left({ _tag: 'StartRejected', message }),
    );
  });
});

describe('name servers that containers are pointed at', () => {
  const dnsOf = (changes: Partial<RunSpec>) => {
    const made = createOptionsOf(specOf('any', changes), 'test', ['172.17.0.1']);
    return E.isRight(made) ? made.right.HostConfig?.Dns : made.left;
  };

  test.each(['bridge', 'host'] as const)('are given in mode %s', (mode) => {
    expect(dnsOf({ network: { mode } })).toEqual(['172.17.0.1']);
  });

  test('give way to those of the definition', () => {
    expect(dnsOf({ network: { mode: 'bridge' }, parameters: [{ key: 'dns', value: '10.0.0.2' }] })).toEqual(['10.0.0.2']);
  });

  test('are not given where there is no network, or the network of another', () => {
    expect(dnsOf({ network: { mode: 'none' } })).toBeUndefined();
    expect(dnsOf({ network: { mode: 'join', instance: 'other' } })).toBeUndefined();
  });
});
