import type { Clock } from '../../../domain/kernel/ports.ts';
import { BYTES_PER_MEBIBYTE, type Instant, type Millis } from '../../../domain/kernel/units.ts';
import type { Exit, HostHint, HostStats, Observed, PortBinding, RunSpec } from '../../../domain/ports/hosts.ts';
import { holdsOf } from '../members.ts';
import type { Usage } from './controls.ts';
import { drawRate, drawSpan, type SimulationProfile } from './profile.ts';
import type { Random } from './random.ts';
import { type Script, scriptOf, signalOf } from './script.ts';

/** What simulated programs use of what they asked for, until told otherwise. */
const SHARE_USED = 0.25;

/** What a simulated host was told, and what came of it, in order. */
export type JournalEntry = {
  readonly at: Instant;
  readonly what: 'run' | 'stop' | 'remove' | 'started' | 'exited' | 'removed';
  readonly instance: string;
};

export type Resident = {
  observed: Observed;
  readonly cpus: number;
  readonly mem: number;
  /** Seconds of cpu that it had used by `usedAt`. */
  cpuSeconds: number;
  usedAt: Instant;
  /** As `portKeys` has them. */
  readonly ports: readonly number[];
  readonly script: Script;
  readonly env: Readonly<Record<string, string>>;
  /** Takes back the ends that were going to come. */
  cancelEnds?: () => void;
};

/** A container that was there before: its own id and addresses, and when it started. */
export type Adopted = { readonly id: string; readonly startedAt: Instant; readonly ipAddresses: readonly string[] };

/** One host's own world: what is on it and how that lives and ends. It outlasts every connection to it. */
export type Machine = {
  readonly residents: ReadonlyMap<string, Resident>;
  readonly journal: readonly JournalEntry[];
  note(what: JournalEntry['what'], instance: string): void;
  /** Programs use this share of what they asked for from now on. */
  use(share: Partial<Usage>): void;
  statsOf(resident: Resident): HostStats;
  create(spec: RunSpec): Resident;
  start(resident: Resident): Observed;
  /** What runs here already, from before this host was simulated. */
  adopt(spec: RunSpec, since: Adopted): void;
  /** Ends it where it has not ended; the answer is how it ended. */
  end(resident: Resident, exit: Exit): Observed;
  /** Sends a signal: whether it dies of it, and how. */
  dyingOf(resident: Resident, signal: string): Exit | undefined;
  forget(instance: string): void;
  /** The instance that holds a port which the spec wants. */
  portHolder(spec: RunSpec): { readonly port: number; readonly instance: string } | undefined;
  /** Every running one ends, with nobody left to say how. */
  loseAll(): void;
  /** Calls back once, when the instance has ended. */
  onceEnded(instance: string, callback: () => void): () => void;
};

export const machineOf = (
  name: string,
  address: string,
  clock: Clock,
  profile: SimulationProfile,
  random: Random,
  hint: (hint: HostHint) => void,
): Machine => {
  const residents = new Map<string, Resident>();
  const holders = new Map<number, string>();
  const journal: JournalEntry[] = [];
  const waitingForEnd = new Map<string, Set<() => void>>();
  const ipAddresses = [address];
  let created = 0;

  let usage: Usage = { cpu: SHARE_USED, memory: SHARE_USED };
  const cpuSecondsOf = ({ cpus, cpuSeconds, usedAt }: Resident): number => cpuSeconds + ((clock.now() - usedAt) / 1000) * cpus * usage.cpu;
  const note = (what: JournalEntry['what'], instance: string): void => {
    if (!profile.frugal) journal.push({ at: clock.now(), what, instance });
  };
  const freePorts = ({ ports, observed }: Resident): void => {
    for (const key of ports) if (holders.get(key) === observed.instance) holders.delete(key);
  };
  const end = (resident: Resident, exit: Exit): Observed => {
    const { observed } = resident;
    if (observed.status === 'exited') return observed;
    const { instance } = observed;
    resident.observed = { ...observed, status: 'exited', exit: { ...exit, at: clock.now() } };
    resident.cancelEnds?.();
    freePorts(resident);
    note('exited', instance);
    if (exit.oom) hint({ type: 'OutOfMemory', instance });
    hint({ type: 'Changed', instance });
    const callbacks = waitingForEnd.get(instance);
    waitingForEnd.delete(instance);
    for (const callback of callbacks ?? []) callback();
    return resident.observed;
  };
  const endLater = (resident: Resident, after: Millis, exit: Exit): void => {
    const { cancelEnds } = resident;
    const cancel = clock.schedule(after, () => end(resident, exit));
    resident.cancelEnds = () => {
      cancelEnds?.();
      cancel();
    };
  };

  const create = (spec: RunSpec): Resident => {
    const { instance, cpus, mem } = spec;
    const ports = portKeys(spec.ports);
    // What a pod asks for is the sum of its containers, which ask for it themselves.
    const isHolder = spec.containers !== undefined;
    const id = `${name}/${++created}`;
    const resident: Resident = {
      observed: { instance, id, status: 'created', ipAddresses, ...(isHolder && { holds: holdsOf(spec) }) },
      cpus: isHolder ? 0 : cpus,
      mem: isHolder ? 0 : mem,
      cpuSeconds: 0,
      usedAt: clock.now(),
      ports,
      script: scriptOf(spec.command),
      env: profile.frugal ? {} : spec.env,
    };
    residents.set(instance, resident);
    for (const key of ports) holders.set(key, instance);
    return resident;
  };

  return {
    residents,
    journal,
    use: (share) => {
      for (const resident of residents.values()) {
        resident.cpuSeconds = cpuSecondsOf(resident);
        resident.usedAt = clock.now();
      }
      usage = { ...usage, ...share };
    },
    statsOf: (resident) => ({
      cpuSeconds: cpuSecondsOf(resident),
      memoryBytes: Math.round(resident.mem * BYTES_PER_MEBIBYTE * usage.memory),
      memoryLimitBytes: resident.mem * BYTES_PER_MEBIBYTE,
    }),
    note,
    create,
    adopt: (spec, { id, startedAt, ipAddresses: addresses }) => {
      const resident = create(spec);
      const { instance, holds } = resident.observed;
      resident.observed = { instance, id, status: 'running', startedAt, ipAddresses: addresses, ...(holds !== undefined && { holds }) };
      const { end: ending } = resident.script;
      // A command that should have ended by now is none that a simulation understands.
      const left = ending === undefined ? 0 : startedAt + ending.after - clock.now();
      if (ending !== undefined && left > 0) endLater(resident, left, ending.exit);
    },
    start: (resident) => {
      const { instance, id, holds } = resident.observed;
      resident.usedAt = clock.now();
      resident.observed = { instance, id, status: 'running', startedAt: clock.now(), ipAddresses, ...(holds !== undefined && { holds }) };
      note('started', instance);
      const { end: ending } = resident.script;
      if (ending !== undefined) endLater(resident, ending.after, ending.exit);
      if (holds === undefined && drawRate(profile.crashRate, random))
        endLater(resident, drawSpan([0, profile.crashWithinMs], random), { exitCode: 1, oom: false });
      return resident.observed;
    },
    end,
    dyingOf: ({ script }, word) => {
      const signal = signalOf(word);
      const trapped = signal === 'SIGKILL' ? undefined : script.traps[signal];
      if (trapped === 'ignore') return undefined;
      return trapped === undefined ? { signal, oom: false } : { exitCode: trapped, oom: false };
    },
    forget: (instance) => {
      const resident = residents.get(instance);
      if (resident === undefined) return;
      freePorts(resident);
      residents.delete(instance);
      note('removed', instance);
    },
    portHolder: ({ ports }) => {
      if (ports.length === 0) return undefined;
      for (const key of portKeys(ports)) {
        const instance = holders.get(key);
        if (instance !== undefined) return { port: key >> 1, instance };
      }
      return undefined;
    },
    loseAll: () => {
      for (const resident of residents.values()) if (resident.observed.status === 'running') end(resident, { oom: false });
    },
    onceEnded: (instance, callback) => {
      const callbacks = waitingForEnd.get(instance) ?? new Set();
      waitingForEnd.set(instance, callbacks.add(callback));
      return () => callbacks.delete(callback);
    },
  };
};

/** One number per port and protocol; port 0 is none. */
const portKeys = (ports: readonly PortBinding[]): readonly number[] => {
  if (ports.length === 0) return NO_PORTS;
  const keys: number[] = [];
  for (const { hostPort, protocol } of ports) {
    if (hostPort === 0) continue;
    if (protocol !== 'udp') keys.push(hostPort * 2);
    if (protocol !== 'tcp') keys.push(hostPort * 2 + 1);
  }
  return keys;
};
const NO_PORTS: readonly number[] = [];
