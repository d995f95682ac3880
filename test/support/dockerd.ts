import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { ENV, run } from './shell.ts';

/** One real engine, started by hand in a directory and a network namespace of its own, beside any that the machine has. */
export type Dockerd = {
  readonly socket: string;
  readonly pid: number;
  /** As a crash: nothing is cleaned up. */
  kill(): Promise<void>;
  /** Ends it in order, containers and all. */
  stop(): Promise<void>;
};

export type DockerdOptions = {
  readonly directory: string;
  readonly namespacePath: string;
  readonly bridgeAddress: string;
  readonly networkPool: string;
  /** All containers of the fabric: they keep their addresses among each other. */
  readonly range: string;
  readonly tls?: { readonly directory: string; readonly name: string; readonly address: string };
  readonly args?: readonly string[];
};

export const TLS_PORT = 2376;
const READY_MS = 30_000;
/** The first release that keeps an engine's identity with its data, and soon knew no other place for it. */
const OWN_IDENTITY_SINCE = 23;

/** Older engines of one machine share one identity unless told otherwise. */
const sharesIdentity = async (): Promise<boolean> =>
  Number(/version (\d+)\./.exec(await run('dockerd', '--version'))?.[1] ?? 0) < OWN_IDENTITY_SINCE;

const get = (socketPath: string, method: string, path: string): Promise<{ readonly status: number; readonly body: string }> =>
  new Promise((resolve, reject) => {
    const sent = request({ socketPath, method, path, agent: false, timeout: 20_000 }, (answer) => {
      let body = '';
      answer.on('data', (chunk) => {
        body += chunk;
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }));
      answer.on('error', reject);
    });
    sent.on('timeout', () => sent.destroy(new Error('no answer')));
    sent.on('error', reject);
    sent.end();
  });

export const startDockerd = async (options: DockerdOptions): Promise<Dockerd> => {
  const { directory, tls } = options;
  await mkdir(directory, { recursive: true });
  const at = (name: string) => join(directory, name);
  const socket = at('docker.sock');
  await writeFile(at('daemon.json'), JSON.stringify((await sharesIdentity()) ? { 'deprecated-key-path': at('key.json') } : {}));
  await forgetDeadContainerd(at('run/containerd/containerd.pid'));
  const log = await open(at('log'), 'a');
  const namespace = `wharf-${directory.split('/').slice(-2).join('-')}`;
  const own = ['--config-file', at('daemon.json'), '--data-root', at('data'), '--exec-root', at('run'), '--pidfile', at('pid')];
  // A system's containerd would be shared; within it, at least, not its names.
  const names = ['--containerd-namespace', namespace, '--containerd-plugins-namespace', `${namespace}-plugins`];
  const net = ['--bip', options.bridgeAddress, '--default-address-pool', options.networkPool];
  const listen = ['-H', `unix://${socket}`];
  if (tls !== undefined) {
    listen.push('-H', `tcp://${tls.address}:${TLS_PORT}`, '--tlsverify', '--tlscacert', join(tls.directory, 'ca.pem'));
    listen.push('--tlscert', join(tls.directory, `${tls.name}.pem`), '--tlskey', join(tls.directory, `${tls.name}-key.pem`));
  }
  // nsenter, not `ip netns exec`: that one mounts /sys anew, without the cgroups.
  const args = [`--net=${options.namespacePath}`, 'dockerd', ...own, ...names, ...net, ...listen, ...(options.args ?? [])];
  const child = spawn('nsenter', args, { env: ENV, stdio: ['ignore', log.fd, log.fd] });
  await log.close();
  await ready(child, socket, at('log'));
  await letTrafficIn(options);
  return {
    socket,
    pid: child.pid ?? 0,
    kill: () => end(child, 'SIGKILL'),
    stop: async () => {
      await removeContainers(socket).catch(() => undefined);
      await end(child, 'SIGTERM');
    },
  };
};

/**
 * A killed engine's containerd dies with it, but where init does not reap it the next engine takes the zombie for a living
 * one and waits for it in vain.
 */
const forgetDeadContainerd = async (pidFile: string): Promise<void> => {
  const pid = await readFile(pidFile, 'utf8').catch(() => undefined);
  if (pid === undefined) return;
  const state = async () => /\) (\w) /.exec(await readFile(`/proc/${pid.trim()}/stat`, 'utf8').catch(() => ''))?.[1];
  for (let now = await state(); now !== undefined && now !== 'Z'; now = await state()) await pause(5);
  await rm(pidFile, { force: true });
};

const ready = async (child: ChildProcess, socket: string, log: string): Promise<void> => {
  const until = performance.now() + READY_MS;
  while (performance.now() < until) {
    if (child.exitCode !== null || child.signalCode !== null) break;
    const answered = await get(socket, 'GET', '/_ping').catch(() => undefined);
    if (answered?.status === 200) return;
    await pause(20);
  }
  child.kill('SIGKILL');
  const words = (await readFile(log, 'utf8')).trim().split('\n').slice(-5).join('\n');
  throw new Error(`dockerd did not come up:\n${words}`);
};

/** Container addresses are reachable from outside, not only published ports; sources stay as they are within the fabric. */
const letTrafficIn = async ({ namespacePath, range }: DockerdOptions): Promise<void> => {
  const iptables = (...args: readonly string[]) => run('nsenter', `--net=${namespacePath}`, 'iptables', ...args);
  const ensure = async (table: string, chain: string, ...rule: readonly string[]) => {
    await iptables('-t', table, '-C', chain, ...rule).catch(() => iptables('-t', table, '-I', chain, ...rule));
  };
  await ensure('filter', 'DOCKER-USER', '-i', 'eth0', '-j', 'ACCEPT');
  await ensure('nat', 'POSTROUTING', '-d', range, '-j', 'ACCEPT');
};

const removeContainers = async (socket: string): Promise<void> => {
  const { body } = await get(socket, 'GET', '/containers/json?all=1');
  await Promise.all(
    (JSON.parse(body) as readonly { Id: string }[]).map(({ Id }) => get(socket, 'DELETE', `/containers/${Id}?force=1&v=1`)),
  );
};

const STOP_MS = 15_000;

const end = async (child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  const late = new AbortController();
  const timer = pause(STOP_MS, undefined, { signal: late.signal, ref: false }).then(
    () => child.kill('SIGKILL'),
    () => undefined,
  );
  await ended;
  late.abort();
  await timer;
};
