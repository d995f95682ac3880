import { taskEither as TE } from 'fp-ts';
import type { TaskEither } from 'fp-ts/lib/TaskEither.js';
import { BYTES_PER_MEBIBYTE } from '../../../domain/kernel/units.ts';
import type { HostFault, HostOffer, HostRuntime, LogLine } from '../../../domain/ports/hosts.ts';
import { within } from './calls.ts';
import { connect } from './connections.ts';
import { inspectOwn, inventoryOf, removeContainer, stopOwn } from './containers.ts';
import type { Engine } from './engine.ts';
import { findOwn } from './engine.ts';
import { observing } from './events.ts';
import { faultOf, HostFaultError, pingFaultOf } from './faults.ts';
import { heartbeatOf } from './heartbeat.ts';
import { removeVolumes } from './holder.ts';
import type { DockerHostOptions } from './options.ts';
import { DEADLINES, realClock } from './options.ts';
import { sandboxFiller } from './sandbox.ts';
import { starting } from './starts.ts';
import { execIn, logsOf, statsOf } from './streams.ts';
import { turnsOf } from './turns.ts';

/** Turns to start per core; a start takes two, one in host mode. A start waits for the kernel more than it computes: `npm run bench -- launch`. */
const TURNS_PER_CORE = 24;
const CORES_ASSUMED = 2;

/** A Docker Engine as a host. Opens no connection before the first call. */
export const openDockerHost = (options: DockerHostOptions): HostRuntime => {
  const connections = connect(options.endpoint);
  const clock = options.clock ?? realClock;
  const engine: Engine = { connections, clock, cluster: options.label ?? 'wharfinger', dns: options.dns ?? [], oomSeen: new Set() };
  const turns = turnsOf(clock, CORES_ASSUMED * TURNS_PER_CORE);
  const heartbeat = heartbeatOf(engine);
  const run = starting(engine, turns, sandboxFiller(engine, options.fetch));
  const watching = new Set<{ close(): void }>();

  const offer = async (): Promise<HostOffer> => {
    const { calls } = connections;
    const told = await within(clock, 'info', DEADLINES.list, (abortSignal) =>
      (calls as unknown as Abortable<EngineInfo>).info({ abortSignal }),
    );
    turns.resize(told.NCPU * TURNS_PER_CORE);
    return offerOf(told, options, connections.host);
  };

  return {
    kind: 'docker',
    ping: () => TE.tryCatch(heartbeat.ping, pingFaultOf),
    offer: () => attempt(offer),
    inventory: () => attempt(() => inventoryOf(engine)),
    inspect: (instance) => attempt(() => inspectOwn(engine, instance)),
    observe: (onHint) => {
      const watch = observing(engine, heartbeat, onHint);
      watching.add(watch);
      return {
        close: () => {
          watching.delete(watch);
          watch.close();
        },
      };
    },
    run: (spec) => attempt(() => run(spec)),
    stop: (instance, how) => attempt(() => stopOwn(engine, instance, how)),
    remove: (instance) =>
      attempt(async () => {
        const found = await findOwn(engine, instance);
        if (found === undefined) return;
        await removeVolumes(engine, found);
        await removeContainer(engine, found.Id);
      }),
    logs: (instance, how) => withCause(logsOf(engine, instance, how)),
    exec: (instance, argv, how) => attempt(() => execIn(engine, instance, argv, how)),
    stats: (instance) => attempt(() => statsOf(engine, instance)),
    close: async () => {
      for (const watch of watching) watch.close();
      watching.clear();
      connections.close();
    },
  };
};

const attempt = <A>(work: () => Promise<A>): TaskEither<HostFault, A> => TE.tryCatch(work, faultOf);

/** An iteration has no Left: the fault travels as the error's cause. */
async function* withCause(lines: AsyncIterable<LogLine>): AsyncGenerator<LogLine> {
  try {
    yield* lines;
  } catch (error) {
    throw new HostFaultError(faultOf(error));
  }
}

/** dockerode takes a signal here, its types do not. */
type Abortable<A> = { info(options: { readonly abortSignal: AbortSignal }): Promise<A> };

/** What we read of the answer of `/info`. */
export type EngineInfo = {
  readonly Name: string;
  readonly NCPU: number;
  readonly MemTotal: number;
  readonly CpuCfsQuota?: boolean;
  readonly MemoryLimit?: boolean;
  readonly Warnings?: readonly string[] | null;
};

export const offerOf = (
  told: EngineInfo,
  options: Pick<DockerHostOptions, 'hostname' | 'address' | 'disk' | 'gpus'>,
  host?: string,
): HostOffer => ({
  hostname: options.hostname ?? told.Name,
  address: options.address ?? host ?? '127.0.0.1',
  cpus: told.NCPU,
  mem: Math.floor(told.MemTotal / BYTES_PER_MEBIBYTE),
  disk: options.disk ?? 0,
  gpus: options.gpus ?? 0,
  enforces: { cpu: told.CpuCfsQuota !== false, memory: told.MemoryLimit !== false },
  warnings: told.Warnings ?? [],
});
