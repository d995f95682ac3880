import { createHash } from 'node:crypto';
import { mkdir, readdir, realpath, stat, statfs } from 'node:fs/promises';
import os from 'node:os';
import { join } from 'node:path';
import { either as E } from 'fp-ts';
import type { Either } from 'fp-ts/lib/Either.js';
import type { Clock } from '../../../domain/kernel/ports.ts';
import { BYTES_PER_MEBIBYTE, type Cpus, type MebiBytes } from '../../../domain/kernel/units.ts';
import type { HostFault, HostHint, HostOffer, HostRuntime, Observed } from '../../../domain/ports/hosts.ts';
import { enforcesCpu, enforcesMemory, probeCapabilities, removeEmptyParents, warningsOf } from './capabilities.ts';
import { type HostContext, transient, unknownInstance } from './context.ts';
import { watchHints } from './hints.ts';
import type { Rotation } from './launch.ts';
import { HINTS, isInstanceName, pathsOf } from './layout.ts';
import { readLogs } from './logs.ts';
import { localShim } from './shimCalls.ts';
import { startOnce } from './start.ts';
import { observeInstance, readBootId, readIdentity } from './state.ts';
import { statsOf } from './stats.ts';
import { removeInstance, stopInstance } from './stop.ts';

export type ProcessHostOptions = {
  /** State directory; one subdirectory per instance. An application that runs as another user must be able to pass through it. */
  readonly root: string;
  readonly hostname?: string;
  /** Where clients reach what runs here; 127.0.0.1 where absent. */
  readonly address?: string;
  readonly cpus?: Cpus;
  readonly mem?: MebiBytes;
  readonly disk?: MebiBytes;
  readonly rotation?: Rotation;
  /** Cgroup below which ours are made; empty: make none. */
  readonly cgroupParent?: string;
  readonly clock?: Pick<Clock, 'now'>;
};

const DEFAULT_ROTATION: Rotation = { bytesPerFile: 10 * BYTES_PER_MEBIBYTE, files: 3 };
/** A state directory that does not answer within this is unreachable. Milliseconds. */
const PING_TIMEOUT_MS = 5000;

/** This machine as a host: native processes, each under a shim that outlives the engine. Throws when `root` can't be used or a tool is missing. */
export const openProcessHost = async (options: ProcessHostOptions): Promise<HostRuntime> => {
  await mkdir(join(options.root, HINTS), { recursive: true });
  const root = await realpath(options.root);
  const shim = localShim();
  // Two hosts on one machine must not meet in a cgroup.
  const name = createHash('sha256').update(root).digest('hex').slice(0, 12);
  const parent = options.cgroupParent ?? 'wharfinger';
  const capabilities = await probeCapabilities(shim, parent === '' ? '' : `${parent}/${name}`);
  if (capabilities.missing.length > 0) throw new Error(`native processes need ${capabilities.missing.join(', ')} on this host`);
  const observers = new Set<(hint: HostHint) => void>();
  const hints = watchHints(join(root, HINTS), (message) => {
    for (const observer of observers) observer(message === undefined ? { type: 'Connected' } : { type: 'Disconnected', message });
  });
  const host: HostContext = {
    root,
    bootId: await readBootId(),
    capabilities,
    rotation: options.rotation ?? DEFAULT_ROTATION,
    hints,
    shim,
    now: options.clock?.now ?? Date.now,
  };
  const observe = async (instance: string) => (isInstanceName(instance) ? observeInstance(root, instance, host.bootId) : undefined);
  const starting = new Map<string, Promise<Either<HostFault, Observed>>>();

  return {
    kind: 'process',
    ping: () => async () => {
      const answered = await Promise.race([stat(root).then(() => true, String), expired(PING_TIMEOUT_MS)]);
      return answered === true ? E.right(undefined) : E.left({ _tag: 'HostUnreachable', message: `state directory: ${answered}` });
    },
    offer: () => guarded(async () => E.right(await offerOf(options, host))),
    inventory: () =>
      guarded(async () => {
        const names = (await readdir(root)).filter(isInstanceName);
        const all = await Promise.all(names.map(observe));
        return E.right(all.filter((each) => each !== undefined));
      }),
    inspect: (instance) => guarded(async () => E.right(await observe(instance))),
    observe: (onHint) => {
      observers.add(onHint);
      const listening = hints.listen((instance) => {
        if (instance === undefined || !isInstanceName(instance)) return;
        onHint({ type: 'Changed', instance });
        void observe(instance).then(
          (seen) => seen?.exit?.oom === true && observers.has(onHint) && onHint({ type: 'OutOfMemory', instance }),
          () => {},
        );
      });
      return {
        close: () => {
          observers.delete(onHint);
          listening.close();
        },
      };
    },
    run: (spec) =>
      guarded(() => {
        const underWay = starting.get(spec.instance) ?? startOnce(host, spec).finally(() => starting.delete(spec.instance));
        starting.set(spec.instance, underWay);
        return underWay;
      }),
    stop: (instance, how) => guarded(() => stopInstance(host, instance, how)),
    remove: (instance) => guarded(() => removeInstance(host, instance)),
    async *logs(instance, how) {
      const hasEnded = async () => (await observe(instance))?.status !== 'running';
      if ((await observe(instance)) === undefined) throw new Error(`no instance ${instance}`, { cause: unknownInstance(instance) });
      yield* readLogs({ output: pathsOf(root, instance).output, instance, files: host.rotation.files, hints, hasEnded }, how);
    },
    exec: (instance, argv, how) =>
      guarded(async () => {
        if (argv.length === 0) return E.left({ _tag: 'StartRejected', message: 'exec: needs a command' });
        const running = await observe(instance);
        if (running?.status !== 'running') return E.left({ _tag: 'StartRejected', message: `${instance} is not running on this host` });
        const bounds = { timeoutMs: how.timeoutMs, ...(how.signal === undefined ? {} : { signal: how.signal }) };
        const env = Object.entries(how.env ?? {}).map(([key, value]) => `${key}=${value}`);
        const words = env.length === 0 ? argv : ['/usr/bin/env', ...env, ...argv];
        const { code, stdout, stderr, timedOut, aborted } = await shim.call(['exec', pathsOf(root, instance).dir, ...words], bounds);
        if (timedOut) return E.left(transient(`${argv[0]} took longer than ${how.timeoutMs} ms`));
        return aborted ? E.left(transient(`${argv[0]} was given up`)) : E.right({ exitCode: code, stdout, stderr });
      }),
    stats: (instance) =>
      guarded(async () => {
        const running = await observe(instance);
        const app = await readIdentity(pathsOf(root, instance).app);
        if (running?.status !== 'running' || app === undefined) return E.left(unknownInstance(instance));
        return E.right(await statsOf(instance, app, capabilities));
      }),
    async close() {
      observers.clear();
      hints.close();
      await Promise.allSettled(starting.values());
      await removeEmptyParents(capabilities);
    },
  };
};

/** What the machine does not let us do now (disk full, no process slots) is tried again by whoever owes it. */
const guarded =
  <A>(act: () => Promise<Either<HostFault, A>>) =>
  async (): Promise<Either<HostFault, A>> => {
    try {
      return await act();
    } catch (error) {
      return E.left(transient(error instanceof Error ? error.message : String(error)));
    }
  };

const expired = (ms: number): Promise<string> =>
  new Promise((resolve) => {
    setTimeout(() => resolve(`no answer within ${ms} ms`), ms).unref();
  });

const offerOf = async (options: ProcessHostOptions, { root, capabilities }: HostContext): Promise<HostOffer> => {
  const { bsize, bavail } = await statfs(root);
  return {
    hostname: options.hostname ?? os.hostname(),
    address: options.address ?? '127.0.0.1',
    cpus: options.cpus ?? os.availableParallelism(),
    mem: options.mem ?? Math.floor(os.totalmem() / BYTES_PER_MEBIBYTE),
    disk: options.disk ?? Math.floor((bsize * bavail) / BYTES_PER_MEBIBYTE),
    gpus: 0,
    enforces: { cpu: enforcesCpu(capabilities), memory: enforcesMemory(capabilities) },
    warnings: warningsOf(capabilities),
  };
};
