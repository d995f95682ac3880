import type { Millis } from '../../../domain/kernel/units.ts';
import type { Exit, HostFault, RunSpec } from '../../../domain/ports/hosts.ts';
import type { Adopted, JournalEntry } from './machine.ts';

/** Shares of what an instance reserved, 1 is all of it. */
export type Usage = { readonly cpu: number; readonly memory: number };

export type ChangingCall = 'run' | 'stop' | 'remove';

/** Faults on command, and what a host was told: what a test or a rehearsal holds beside the runtime. */
export type SimulatedControls = {
  /** What runs here already when the simulation begins, its image with it. */
  adopt(spec: RunSpec, since: Adopted): void;
  /** The next starts fail so, before anything is created. @param options.times 1 where absent; Infinity until `recover` */
  startFails(tag: HostFault['_tag'], options?: { readonly times?: number; readonly when?: (spec: RunSpec) => boolean }): void;
  /** Starts get as far as created and are answered Transient at their deadline. */
  neverStarts(on: boolean): void;
  /** Adds to the time of every call. */
  slow(byMs: Millis): void;
  /** Ends a running instance; false when none of that name runs. Exit code 1 where `exit` is absent. */
  crash(instance: string, exit?: Exit): boolean;
  /** The next calls of this kind are done and answered Transient. */
  losesAcknowledgements(times: number, call?: ChangingCall): void;
  losesHints(on: boolean): void;
  /** Nothing dies of a signal but of SIGKILL. */
  ignoresSignals(on: boolean): void;
  /** Calls fail HostUnreachable after a bounded time, calls under way are done unheard, hints are lost; what runs goes on. */
  partition(): void;
  heal(): void;
  /** Everything ends at once with no exit code; the host answers again after `downMs`, or when it is healed where that is Infinity. */
  reboot(downMs?: Millis): void;
  /** From now on what runs here uses this share of what it reserved; a quarter of each until told. */
  uses(share: Partial<Usage>): void;
  /** Takes back every fault commanded by `startFails`, `neverStarts`, `slow`, `loses…` and `ignoresSignals`. */
  recover(): void;
  /** Empty under a frugal profile. */
  journal(): readonly JournalEntry[];
  /** Names of the instances that run, oldest first. */
  running(): readonly string[];
  /** Sum over what is created or running. */
  committed(): { readonly instances: number; readonly cpus: number; readonly mem: number };
};

/** The faults that are switched on. */
export type Faults = {
  starts: { readonly tag: HostFault['_tag']; times: number; readonly when: (spec: RunSpec) => boolean }[];
  neverStarts: boolean;
  slowMs: Millis;
  lostAcknowledgements: { times: number; readonly call?: ChangingCall | undefined }[];
  losesHints: boolean;
  ignoresSignals: boolean;
};

export const NO_FAULTS = (): Faults => ({
  starts: [],
  neverStarts: false,
  slowMs: 0,
  lostAcknowledgements: [],
  losesHints: false,
  ignoresSignals: false,
});

/** Counts down the first fault in the list that applies; true when one did. */
export const spend = <F extends { times: number }>(faults: readonly F[], applies: (fault: F) => boolean): F | undefined => {
  const found = faults.find((fault) => fault.times > 0 && applies(fault));
  if (found !== undefined) found.times--;
  return found;
};

/** A fault of each kind, as a host would word it. */
export const faultOf = (tag: HostFault['_tag'], spec: RunSpec): HostFault => {
  const message = `simulated ${tag}`;
  const image = spec.image ?? '';
  switch (tag) {
    case 'ImagePullFailed':
      return { _tag: tag, image, registry: image.includes('/') ? image.slice(0, image.indexOf('/')) : 'docker.io', status: 503, message };
    case 'ImageMissing':
      return { _tag: tag, image, message };
    case 'PortTaken': {
      const port = spec.ports[0]?.hostPort;
      return { _tag: tag, message, ...(port === undefined ? {} : { port }) };
    }
    case 'CommandNotFound':
      return { _tag: tag, command: 'shell' in spec.command ? String(spec.command.shell) : '', message };
    case 'ArtifactFetchFailed':
      return { _tag: tag, uri: spec.artifacts[0]?.uri ?? '', message };
    default:
      return { _tag: tag, message };
  }
};
