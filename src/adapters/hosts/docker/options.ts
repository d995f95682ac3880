import type { TaskEither } from 'fp-ts/lib/TaskEither.js';
import type { Clock } from '../../../domain/kernel/ports.ts';
import type { MebiBytes } from '../../../domain/kernel/units.ts';
import type { Artifact, HostFault } from '../../../domain/ports/hosts.ts';

/** Where a Docker Engine answers. */
export type DockerEndpoint =
  | { readonly unix: string }
  /** `host:port` with mutual TLS; certificates and key as PEM text. */
  | { readonly tcp: string; readonly ca: string; readonly cert: string; readonly key: string }
  | {
      /** `user@host:port`; port 22 where absent. */
      readonly ssh: string;
      /** The private key's text (OpenSSH or PEM), not encrypted. */
      readonly privateKey: string;
      /** `SHA256:<base64>` as `ssh-keygen -l` prints it. A host with any other key is refused. */
      readonly hostKeyFingerprint: string;
      /** The engine's socket on that host; /var/run/docker.sock where absent. */
      readonly socketPath?: string;
    };

export type DockerHostOptions = {
  readonly endpoint: DockerEndpoint;
  /** What the node is called; the engine's own name where absent. */
  readonly hostname?: string;
  /** Where clients reach what runs here; the endpoint's host, or 127.0.0.1 for a unix socket, where absent. */
  readonly address?: string;
  /** Whose containers are ours: two clusters may share an engine. `wharfinger` where absent. */
  readonly label?: string;
  /** What to offer of the disk; the engine does not tell. Nothing where absent. */
  readonly disk?: MebiBytes;
  /** The engine does not tell how many GPUs there are. None where absent. */
  readonly gpus?: number;
  /** Name servers of what runs here, by address; the engine's choice where absent. A definition's own `dns` parameter goes before it. */
  readonly dns?: readonly string[];
  /** Brings an instance's artifacts into a directory, which then becomes the container's sandbox. */
  readonly fetch?: (artifacts: readonly Artifact[], directory: string) => TaskEither<HostFault, void>;
  readonly clock?: Clock;
};

/** Bounds in milliseconds of each kind of call. A call that has not settled by then is given up and its socket destroyed. */
export const DEADLINES = {
  /** The heartbeat; a slower engine counts as silent. */
  ping: 1_000,
  /** Small questions and small changes. */
  ask: 10_000,
  /** Listing a whole engine, or what it offers. */
  list: 15_000,
  /** Creating, starting or removing under load; the engine does a few per second and core. */
  change: 60_000,
  /** A whole pull, and the longest silence within one. */
  pull: 900_000,
  pullSilence: 90_000,
  /** Waiting for one's turn to start something. */
  turn: 300_000,
} as const;

/** How many silent heartbeats in a row make the event stream count as dead. */
export const MISSED_PINGS_MAX = 3;

export const realClock: Clock = {
  now: () => Date.now(),
  schedule: (after, callback) => {
    // Node fires at once when a delay does not fit 31 bits.
    const timer = setTimeout(callback, Math.min(after, 2 ** 31 - 1));
    return () => clearTimeout(timer);
  },
};
