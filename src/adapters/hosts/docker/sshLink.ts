import { createHash } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { Client } from 'ssh2';
import type { DockerEndpoint } from './options.ts';

type SshEndpoint = Extract<DockerEndpoint, { ssh: string }>;

/** One ssh connection to a host, made when needed and again after it broke; each call gets a channel of its own in it. */
export type SshLink = {
  /** A channel to the engine's socket, by OpenSSH's `direct-streamlocal@openssh.com` (PROTOCOL, section 2.4). */
  channel(): Promise<Duplex>;
  close(): void;
};

const READY_MS = 10_000;
/** A peer that leaves three of these unanswered is gone. */
const KEEPALIVE_MS = 5_000;
const KEEPALIVES_MISSED_MAX = 3;

export const fingerprintOf = (hostKey: Buffer): string =>
  `SHA256:${createHash('sha256').update(hostKey).digest('base64').replace(/=+$/, '')}`;

export const parseSsh = (ssh: string): { readonly user: string; readonly host: string; readonly port: number } => {
  const match = /^(?:ssh:\/\/)?([^@]+)@(\[[^\]]+\]|[^:]+)(?::(\d+))?$/.exec(ssh);
  if (match?.[1] === undefined || match[2] === undefined) throw new Error(`'${ssh}' is not user@host[:port]`);
  return { user: match[1], host: match[2].replace(/^\[|\]$/g, ''), port: Number(match[3] ?? 22) };
};

export const openSshLink = (endpoint: SshEndpoint): SshLink => {
  const { user, host, port } = parseSsh(endpoint.ssh);
  const socketPath = endpoint.socketPath ?? '/var/run/docker.sock';
  let current: Promise<Client> | undefined;
  let closed = false;

  const connect = (onBroken: () => void): Promise<Client> =>
    new Promise((resolve, reject) => {
      const client = new Client();
      let denied: Error | undefined;
      const broken = (error?: Error) => {
        onBroken();
        reject(denied ?? error ?? new Error(`ssh ${host}:${port}: connection closed`));
        client.destroy();
      };
      client
        .on('ready', () => resolve(client))
        .on('error', (error) => broken(error))
        .on('close', () => broken())
        .connect({
          host,
          port,
          username: user,
          privateKey: endpoint.privateKey,
          readyTimeout: READY_MS,
          keepaliveInterval: KEEPALIVE_MS,
          keepaliveCountMax: KEEPALIVES_MISSED_MAX,
          hostVerifier: (key: Buffer) => {
            const shown = fingerprintOf(key);
            if (shown === endpoint.hostKeyFingerprint) return true;
            denied = new Error(`ssh ${host}:${port}: host key ${shown} is not the pinned ${endpoint.hostKeyFingerprint}`);
            return false;
          },
        });
    });

  const client = (): Promise<Client> => {
    if (closed) return Promise.reject(new Error(`ssh ${host}:${port}: closed`));
    if (current === undefined) {
      // An old connection's late end must not take the new one for its own.
      const made = connect(() => {
        if (current === made) current = undefined;
      });
      current = made;
    }
    return current;
  };

  return {
    channel: async () => {
      const link = await client();
      return new Promise((resolve, reject) => {
        link.openssh_forwardOutStreamLocal(socketPath, (error, stream) => (error === undefined ? resolve(stream) : reject(error)));
      });
    },
    close: () => {
      closed = true;
      current?.then(
        (link) => link.end(),
        () => undefined,
      );
    },
  };
};
