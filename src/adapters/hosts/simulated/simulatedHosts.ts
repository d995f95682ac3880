import type { Clock } from '../../../domain/kernel/ports.ts';
import type { HostHint, HostRuntime } from '../../../domain/ports/hosts.ts';
import type { Link, SimulatedHost } from './calls.ts';
import { type Faults, NO_FAULTS, type SimulatedControls } from './controls.ts';
import { machineOf } from './machine.ts';
import { CALM, drawRate, type SimulationProfile } from './profile.ts';
import { seededRandom, seedFor } from './random.ts';
import { runtimeOf } from './runtime.ts';

export type SimulatedOffer = {
  readonly cpus: number;
  /** MiB */
  readonly mem: number;
  /** MiB */
  readonly disk: number;
  readonly gpus: number;
  readonly hostname: string;
  readonly address: string;
};

/** What a host offers of which nothing else is known. */
export const PLAIN_OFFER: SimulatedOffer = {
  hostname: 'simulated',
  address: '127.0.0.1',
  cpus: 16,
  mem: 65_536,
  disk: 1_000_000,
  gpus: 0,
};

export type SimulatedHosts = {
  /** A connection to the host of that name, which is made at the first call and outlasts all connections; a later offer is what it then has. */
  host(nodeId: string, offer: SimulatedOffer): HostRuntime & SimulatedControls;
};

/**
 * Hosts without machines: for scale, chaos and rehearsal. The same seed, profile and order of calls give the same latencies and faults; each
 * host draws from its own sequence, so that one more host changes nothing on the others.
 */
export const simulatedHosts = (options: {
  readonly seed: number;
  readonly clock: Clock;
  readonly profile?: Partial<SimulationProfile>;
}): SimulatedHosts => {
  const profile: SimulationProfile = { ...CALM, ...options.profile };
  const hosts = new Map<string, { readonly host: Omit<SimulatedHost, 'offer'>; readonly controls: SimulatedControls }>();
  return {
    host: (nodeId, offer) => {
      const known = hosts.get(nodeId) ?? simulatedHost(nodeId, offer.address, options.clock, profile, seedFor(options.seed, nodeId));
      hosts.set(nodeId, known);
      const offered = { ...offer, enforces: { cpu: false, memory: false }, warnings: ['simulated: nothing runs here'] };
      return { ...runtimeOf({ ...known.host, offer: offered }), ...known.controls };
    },
  };
};

const simulatedHost = (name: string, address: string, clock: Clock, profile: SimulationProfile, seed: number) => {
  const random = seededRandom(seed);
  const observers: SimulatedHost['observers'] = new Set();
  let faults: Faults = NO_FAULTS();
  let link: Link = { cut: false, boot: 1 };
  let heardOfCut = true;
  let cuts = 0;

  /** In a turn of its own, so that who changed the host has its answer first. */
  const say = (hint: HostHint): void => {
    if (observers.size > 0)
      queueMicrotask(() => {
        for (const observer of observers) observer(hint);
      });
  };
  const hint = (hint: HostHint): void => {
    if (!link.cut && !faults.losesHints && !drawRate(profile.lostHintRate, random)) say(hint);
  };
  const machine = machineOf(name, address, clock, profile, random, hint);

  const hearOfCut = (): void => {
    if (heardOfCut) return;
    heardOfCut = true;
    say({ type: 'Disconnected', message: 'no answer' });
  };
  const partition = (): void => {
    if (link.cut) return;
    link = { ...link, cut: true };
    heardOfCut = false;
    const cut = ++cuts;
    clock.schedule(profile.unreachableAfterMs, () => {
      if (link.cut && cuts === cut) hearOfCut();
    });
  };
  const heal = (): void => {
    if (!link.cut) return;
    hearOfCut();
    link = { ...link, cut: false };
    say({ type: 'Connected' });
  };

  const images = new Set<string>();
  const controls: SimulatedControls = {
    adopt: (spec, since) => {
      if (spec.image !== undefined) images.add(spec.image);
      machine.adopt(spec, since);
    },
    startFails: (tag, { times = 1, when = () => true } = {}) => {
      faults.starts.push({ tag, times, when });
    },
    neverStarts: (on) => {
      faults.neverStarts = on;
    },
    slow: (byMs) => {
      faults.slowMs = byMs;
    },
    crash: (instance, exit = { exitCode: 1, oom: false }) => {
      const resident = machine.residents.get(instance);
      if (resident?.observed.status !== 'running') return false;
      machine.end(resident, exit);
      return true;
    },
    losesAcknowledgements: (times, call) => {
      faults.lostAcknowledgements.push({ times, call });
    },
    losesHints: (on) => {
      faults.losesHints = on;
    },
    ignoresSignals: (on) => {
      faults.ignoresSignals = on;
    },
    uses: machine.use,
    partition,
    heal,
    reboot: (downMs = 0) => {
      partition();
      machine.loseAll();
      link = { cut: true, boot: link.boot + 1 };
      if (downMs === 0) heal();
      else if (downMs !== Number.POSITIVE_INFINITY) clock.schedule(downMs, heal);
    },
    recover: () => {
      faults = NO_FAULTS();
    },
    journal: () => machine.journal,
    running: () => [...machine.residents.values()].flatMap(({ observed }) => (observed.status === 'running' ? [observed.instance] : [])),
    committed: () => {
      let [instances, cpus, mem] = [0, 0, 0];
      for (const resident of machine.residents.values())
        if (resident.observed.status !== 'exited') {
          instances++;
          cpus += resident.cpus;
          mem += resident.mem;
        }
      return { instances, cpus, mem };
    },
  };
  const host: Omit<SimulatedHost, 'offer'> = {
    machine,
    clock,
    profile,
    random,
    images,
    faults: () => faults,
    link: () => link,
    observers,
    hint,
  };
  return { host, controls };
};
