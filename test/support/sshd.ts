import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { ENV, run } from './shell.ts';

/** An OpenSSH server on a loopback port, with a host key and one user key of its own. */
export type Sshd = {
  readonly port: number;
  readonly privateKey: string;
  /** Of the host key, as ssh-keygen prints it. */
  readonly fingerprint: string;
  /** Ends all connections and starts a new server with the same keys. */
  restart(): Promise<void>;
  stop(): Promise<void>;
};

const SSHD = '/usr/sbin/sshd';

export const whyNoSshd = (): Promise<string | undefined> =>
  access(SSHD).then(
    () => undefined,
    () => 'sshd is not installed (node scripts/setup/main.ts installs it on Debian)',
  );

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
};

const listens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('data', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
  });

export const startSshd = async (): Promise<Sshd> => {
  const directory = await mkdtemp(join(tmpdir(), 'wharf-sshd-'));
  const at = (name: string) => join(directory, name);
  for (const key of ['host', 'user']) await run('ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', at(key));
  // Its privilege separation directory is the one thing that cannot be elsewhere.
  await mkdir('/run/sshd', { recursive: true, mode: 0o755 });
  const port = await freePort();
  await writeFile(
    at('config'),
    [
      `Port ${port}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${at('host')}`,
      `AuthorizedKeysFile ${at('user.pub')}`,
      `PidFile ${at('pid')}`,
      'PermitRootLogin prohibit-password',
      'PasswordAuthentication no',
      'StrictModes no',
      'UsePAM no',
      '',
    ].join('\n'),
  );
  const start = async () => {
    // Its own process group, so that a restart ends its connections too.
    const child = spawn(SSHD, ['-D', '-e', '-f', at('config')], { env: ENV, stdio: 'ignore', detached: true });
    while (!(await listens(port))) {
      if (child.exitCode !== null) throw new Error(`sshd ended with ${child.exitCode}`);
      await pause(20);
    }
    return child;
  };
  let server = await start();
  const end = async () => {
    if (server.exitCode !== null || server.signalCode !== null || server.pid === undefined) return;
    const ended = once(server, 'exit');
    for (const pid of [...(await childrenOf(server.pid)), server.pid]) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // Gone meanwhile.
      }
    }
    await ended;
  };
  return {
    port,
    privateKey: await readFile(at('user'), 'utf8'),
    fingerprint: (await run('ssh-keygen', '-l', '-f', at('host.pub'))).split(' ')[1] ?? '',
    restart: async () => {
      await end();
      server = await start();
    },
    stop: async () => {
      await end();
      await rm(directory, { recursive: true, force: true });
    },
  };
};

const childrenOf = async (pid: number): Promise<readonly number[]> =>
  (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '')).split(' ').filter(Boolean).map(Number);
