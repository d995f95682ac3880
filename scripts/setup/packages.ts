import { execFile } from 'node:child_process';
import { access, readFile, rm, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { JAVA, KCAT, MAVEN } from '../../test/support/kafkaFiles.ts';

/** What the tests on real engines need of the machine, and how Debian calls it. */

type Need = { readonly package: string; readonly for: string; readonly anyOf: readonly string[] };

const NEEDS: readonly Need[] = [
  { package: 'docker.io', for: 'real Docker Engines', anyOf: ['/usr/sbin/dockerd', '/usr/bin/dockerd', '/usr/local/bin/dockerd'] },
  { package: 'iptables', for: "the engines' networks", anyOf: ['/usr/sbin/iptables', '/sbin/iptables'] },
  { package: 'iproute2', for: 'network namespaces as hosts', anyOf: ['/usr/sbin/ip', '/sbin/ip', '/usr/bin/ip', '/bin/ip'] },
  { package: 'busybox-static', for: 'an image without a registry', anyOf: ['/bin/busybox', '/usr/bin/busybox'] },
  { package: 'openssh-server', for: 'hosts over ssh', anyOf: ['/usr/sbin/sshd'] },
  { package: 'openssl', for: 'mutual TLS', anyOf: ['/usr/bin/openssl'] },
  { package: 'bzip2', for: 'artifacts packed by bzip2', anyOf: ['/usr/bin/bzip2', '/bin/bzip2'] },
  { package: 'xz-utils', for: 'artifacts packed by xz', anyOf: ['/usr/bin/xz'] },
  { package: 'haproxy', for: 'the load balancer', anyOf: ['/usr/sbin/haproxy', '/usr/local/sbin/haproxy'] },
  { package: 'strace', for: 'the durability test', anyOf: ['/usr/bin/strace'] },
  { package: 'openjdk-17-jre-headless', for: 'a Kafka broker', anyOf: JAVA },
  { package: 'maven', for: 'the download of a Kafka broker', anyOf: MAVEN },
  { package: 'kcat', for: 'a second client of Kafka', anyOf: KCAT },
];

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

const missing = async (): Promise<readonly Need[]> => {
  const found = await Promise.all(NEEDS.map(async ({ anyOf }) => (await Promise.all(anyOf.map(exists))).includes(true)));
  return NEEDS.filter((_, index) => found[index] === false);
};

const isDebian = async (): Promise<boolean> => /^ID(_LIKE)?=.*debian/m.test(await readFile('/etc/os-release', 'utf8').catch(() => ''));

const run = promisify(execFile);
const QUIET = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }, maxBuffer: 64 * 1024 * 1024 };

/**
 * Installs what is missing where that is possible (Debian, as root), and says what is not to be had. Safe to repeat.
 * @returns the packages that are still missing.
 */
export const installPackages = async (say: (line: string) => void): Promise<readonly string[]> => {
  const wanted = await missing();
  if (wanted.length === 0) {
    say('packages: all there');
    return [];
  }
  const names = wanted.map((need) => need.package);
  if (process.platform !== 'linux' || process.getuid?.() !== 0 || !(await isDebian())) {
    for (const need of wanted) say(`packages: ${need.package} is missing (for ${need.for}); it is installed only on Debian as root`);
    return names;
  }
  // A fresh engine from the package must not start system-wide: the tests start their own, elsewhere.
  const prevented = await preventServiceStarts();
  try {
    await step(say, 'packages: apt-get update', () => run('apt-get', ['update', '-q'], QUIET));
    await step(say, `packages: apt-get install ${names.join(' ')}`, () => install(names)).catch(async () => {
      // One that cannot be had must not keep the others away.
      for (const name of names) await step(say, `packages: apt-get install ${name}`, () => install([name])).catch(() => undefined);
    });
  } finally {
    await prevented();
  }
  const left = await missing();
  for (const need of left) say(`packages: ${need.package} could not be installed (for ${need.for})`);
  return left.map((need) => need.package);
};

const install = (names: readonly string[]) => run('apt-get', ['install', '-q', '-y', '--no-install-recommends', ...names], QUIET);

const step = async (say: (line: string) => void, what: string, work: () => Promise<unknown>): Promise<void> => {
  try {
    await work();
    say(`${what}: done`);
  } catch (error) {
    say(`${what}: failed: ${firstWords(error)}`);
    throw error;
  }
};

const firstWords = (error: unknown): string => {
  const { stderr, message } = error as { stderr?: string; message?: string };
  return (stderr?.trim().split('\n').at(-1) || message) ?? String(error);
};

/** Debian's policy-rc.d: exit 101 forbids a package to start its service (invoke-rc.d(8)). One that is there already stays. */
const preventServiceStarts = async (): Promise<() => Promise<void>> => {
  const path = '/usr/sbin/policy-rc.d';
  if (await exists(path)) return async () => undefined;
  await writeFile(path, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  return () => rm(path, { force: true });
};
