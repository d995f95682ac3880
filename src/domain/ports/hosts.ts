import type { TaskEither } from 'fp-ts/lib/TaskEither.js';
import type { Cpus, Instant, MebiBytes, Millis } from '../kernel/units.ts';

/** One port of an instance on its host. */
export type PortBinding = {
  readonly name?: string;
  readonly protocol: 'tcp' | 'udp' | 'udp,tcp';
  readonly hostPort: number;
  /** Absent in host mode, where the application listens on `hostPort` itself. */
  readonly containerPort?: number;
};

export type Mount =
  | { readonly kind: 'bind'; readonly hostPath: string; readonly containerPath: string; readonly readOnly: boolean }
  | {
      readonly kind: 'volume';
      readonly name: string;
      readonly containerPath: string;
      readonly readOnly: boolean;
      readonly driver?: string;
      readonly driverOptions?: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'tmpfs'; readonly containerPath: string; readonly sizeBytes?: number };

/** A file to bring into the sandbox before the start; Mesos' `fetch`. */
export type Artifact = {
  /** file:, http: or https: */
  readonly uri: string;
  /** Unpack .tar .tar.gz .tgz .tar.bz2 .tbz2 .tar.xz .txz .zip .gz */
  readonly extract: boolean;
  readonly executable: boolean;
  /** Path below the sandbox; the last segment of the URI where absent. */
  readonly destPath?: string;
};

export type RegistryCredentials = { readonly username: string; readonly password: string; readonly serverAddress?: string };

/** All that a host needs to start one instance, free of any runtime's words. Computed from the definition and the placement alone. */
export type RunSpec = {
  readonly instance: string;
  /** Mesos task id, as Marathon's clients see it: `app.instance-<uuid>._app.1`. */
  readonly taskId: string;
  readonly app: string;
  readonly version: string;
  readonly slot: number;
  readonly image?: string;
  readonly forcePull: boolean;
  readonly credentials?: RegistryCredentials;
  /** `shell` is run by `/bin/sh -c`; `args` go to the image's entrypoint, or are the argv of a native process. Both absent: the image's own command. */
  readonly command: { readonly shell: string } | { readonly args: readonly string[] } | Record<string, never>;
  readonly entrypoint?: readonly string[];
  readonly user?: string;
  readonly env: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly cpus: Cpus;
  readonly mem: MebiBytes;
  readonly disk: MebiBytes;
  readonly gpus: number;
  readonly network:
    | { readonly mode: 'host' | 'bridge' | 'none' }
    | { readonly mode: 'container'; readonly name: string }
    /** The network namespace of another instance on the same host, which runs already. */
    | { readonly mode: 'join'; readonly instance: string };
  readonly ports: readonly PortBinding[];
  readonly mounts: readonly Mount[];
  readonly artifacts: readonly Artifact[];
  readonly privileged: boolean;
  readonly tty: boolean;
  /** Docker's own options, as `docker run --<key>=<value>`. */
  readonly parameters: readonly { readonly key: string; readonly value: string }[];
  /**
   * A pod: these run instead of a container of the instance's own. They share its network, its ports, its IPC where there is any, and the
   * volumes named `wharf-<instance>-…`, which go with it. Its resources are their sum; its `parameters` are for what they share.
   */
  readonly containers?: readonly ContainerSpec[];
  /** Of a pod: from SIGTERM to SIGKILL for the others when one container has failed; 3 s where absent, as Mesos' default executor has it. */
  readonly killGraceMs?: Millis;
};

/** One container of a pod: what it has for itself. */
export type ContainerSpec = Pick<
  RunSpec,
  | 'taskId'
  | 'image'
  | 'forcePull'
  | 'credentials'
  | 'command'
  | 'entrypoint'
  | 'user'
  | 'env'
  | 'labels'
  | 'cpus'
  | 'mem'
  | 'disk'
  | 'gpus'
  | 'mounts'
  | 'artifacts'
  | 'privileged'
  | 'tty'
  | 'parameters'
> & {
  /** Unique in its pod; `^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`, at most 63 characters. */
  readonly name: string;
};

/** What a host says about one of ours. `id` is the container id, or `<pid>@<start time>` of a process. */
export type Observed = {
  readonly instance: string;
  readonly id: string;
  readonly status: 'created' | 'running' | 'exited';
  readonly startedAt?: Instant;
  /** Addresses on the host's networks. */
  readonly ipAddresses: readonly string[];
  readonly exit?: Exit;
  /** Of a pod: its containers, in the order of the spec. The pod has ended when they all have. */
  readonly containers?: readonly ObservedContainer[];
  /** Of what holds a pod's network and volumes: what has to be known of the pod. Only below `adapters/hosts/pods`. */
  readonly holds?: Holds;
};

/** What a host keeps with a pod, so that a new engine can look after it: its containers' names in the order of the spec, and its grace. */
export type Holds = { readonly containers: readonly string[]; readonly killGraceMs?: Millis };

/** `id` is empty of one that the host has not created, or has no more. */
export type ObservedContainer = Pick<Observed, 'id' | 'status' | 'startedAt' | 'exit'> & { readonly name: string };

/** How an instance ended, told apart: its own exit code, a signal, or the kernel's out-of-memory killer. */
export type Exit = { readonly exitCode?: number; readonly signal?: string; readonly oom: boolean; readonly at?: Instant };

/** Why a host did not do what was owed. `transient` faults are tried again; each of the others becomes a fact of its own. */
export type HostFault =
  | {
      readonly _tag: 'ImagePullFailed';
      readonly image: string;
      readonly registry: string;
      readonly status?: number;
      readonly message: string;
    }
  | { readonly _tag: 'ImageMissing'; readonly image: string; readonly message: string }
  | { readonly _tag: 'PortTaken'; readonly port?: number; readonly message: string }
  | { readonly _tag: 'CommandNotFound'; readonly command: string; readonly message: string }
  | { readonly _tag: 'ArtifactFetchFailed'; readonly uri: string; readonly message: string }
  | { readonly _tag: 'StartRejected'; readonly message: string }
  | { readonly _tag: 'HostUnreachable'; readonly message: string }
  /** The host answered, but cannot now; or no answer came by the deadline. */
  | { readonly _tag: 'Transient'; readonly message: string };

/** A hint that something happened on the host. Hints may be lost; the inventory is the truth. */
export type HostHint =
  | { readonly type: 'Changed'; readonly instance: string }
  | { readonly type: 'OutOfMemory'; readonly instance: string }
  | { readonly type: 'Disconnected'; readonly message: string }
  | { readonly type: 'Connected' };

/** What a host offers; read once when it is added and on each reconnect. */
export type HostOffer = {
  readonly hostname: string;
  /** Where clients reach what runs here. */
  readonly address: string;
  readonly cpus: Cpus;
  readonly mem: MebiBytes;
  readonly disk: MebiBytes;
  readonly gpus: number;
  /** What the runtime can enforce here; a false one is a plain warning, never a refusal. */
  readonly enforces: { readonly cpu: boolean; readonly memory: boolean };
  readonly warnings: readonly string[];
};

export type LogOptions = {
  readonly follow: boolean;
  readonly since?: Instant;
  readonly tail?: number;
  /** Of a pod: this one's lines alone; those of all where absent. */
  readonly container?: string;
  readonly signal?: AbortSignal;
};
export type LogLine = {
  readonly stream: 'stdout' | 'stderr';
  readonly at?: Instant;
  readonly text: string;
  /** Of a pod: who wrote it. */
  readonly container?: string;
};

export type ExecResult = { readonly exitCode: number; readonly stdout: string; readonly stderr: string };
export type ExecOptions = {
  readonly timeoutMs: Millis;
  readonly signal?: AbortSignal;
  readonly env?: Readonly<Record<string, string>>;
  /** Of a pod: beside whom; its first container where absent. */
  readonly container?: string;
};

export type HostStats = { readonly cpuSeconds: number; readonly memoryBytes: number; readonly memoryLimitBytes?: number };

/**
 * One host. Every call is bounded in time and safe to repeat; `already so` is success. Calls for one instance never overlap.
 * An adapter finds its own by name and label, never by what it remembers.
 */
export type HostRuntime = {
  readonly kind: 'docker' | 'process' | 'simulated';
  /** Bounded; fails with HostUnreachable. Used as heartbeat. */
  ping(): TaskEither<HostFault, void>;
  offer(): TaskEither<HostFault, HostOffer>;
  /** All instances under our label, ended ones included until they are removed. */
  inventory(): TaskEither<HostFault, readonly Observed[]>;
  /** One instance; undefined when the host has nothing of that name. */
  inspect(instance: string): TaskEither<HostFault, Observed | undefined>;
  /** Hints until closed. Reconnects by itself, saying Disconnected and Connected. */
  observe(onHint: (hint: HostHint) => void): { close(): void };
  /**
   * At most one start, ever: absent → create and start; created → start; running or exited → report as it is.
   * Resolves when the instance has been started (not when it is ready).
   */
  run(spec: RunSpec): TaskEither<HostFault, Observed>;
  /**
   * Signal, then SIGKILL at `killAt`. Resolves when ended, with how; undefined when there was nothing of that name.
   * @param killAt absolute, so that a repeat after a crash does not start the grace period anew.
   */
  stop(instance: string, options: { readonly signal: string; readonly killAt: Instant }): TaskEither<HostFault, Observed | undefined>;
  /** Removes what is left of an ended instance: container, sandbox, output. Absent is success. */
  remove(instance: string): TaskEither<HostFault, void>;
  /** Lines of output, oldest first; ends with the instance unless it follows beyond. Throws HostFault as an Error's `cause`. */
  logs(instance: string, options: LogOptions): AsyncIterable<LogLine>;
  /** Runs a command beside the instance, in its namespaces and environment. */
  exec(instance: string, argv: readonly string[], options: ExecOptions): TaskEither<HostFault, ExecResult>;
  /** @param options.container of a pod: this one's use; the sum of those that run where absent. */
  stats(instance: string, options?: { readonly container?: string }): TaskEither<HostFault, HostStats>;
  close(): Promise<void>;
};
