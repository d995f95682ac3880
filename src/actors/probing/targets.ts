import type { GenericCheck, HealthCheck, PortOfCheck, ReadinessCheck } from '../../domain/app/definition/checks.ts';
import { firstProbeAfter, healthyStatus, type ProbeResult, runByScheduler } from '../../domain/app/definition/health.ts';
import type { Instant, Millis } from '../../domain/kernel/units.ts';
import type { HostRuntime } from '../../domain/ports/hosts.ts';
import type { ProbeAnswer, ProbeTarget } from '../../domain/ports/probes.ts';

export type WatchedPort = {
  readonly name?: string;
  /** As reached from outside; undefined where it is not. */
  readonly port: number | undefined;
  /** Where that is another place than the instance's `address`: a container's own. */
  readonly address?: string;
};

/** One running instance and what is asked of it. */
export type Watched = {
  readonly instance: string;
  readonly startedAt: Instant;
  /** IP address or host name where its ports answer. */
  readonly address: string;
  /** In the order of the app's ports, which a check's `portIndex` counts. */
  readonly ports: readonly WatchedPort[];
  readonly healthChecks: readonly HealthCheck[];
  readonly readinessChecks: readonly ReadinessCheck[];
  readonly check?: GenericCheck;
  /** For COMMAND checks; looked up at each, as a host may connect later, or anew. */
  readonly host?: HostRuntime | undefined;
};

/** Where a check is to be asked, or why it cannot be: a text where that is the app's fault, an answer where nothing is learned. */
export const healthTarget = (check: HealthCheck, watched: Watched): ProbeTarget | ProbeAnswer | string => {
  const { instance, host } = watched;
  if (check.protocol === 'COMMAND') {
    // Such as right after a restart: it says nothing about what runs there.
    if (host === undefined) return { _tag: 'Inconclusive', cause: 'its host is not connected' };
    const { value = 'true', argv = shellWords(value) } = check.command ?? {};
    return commandTarget(host, instance, argv, check.container);
  }
  const place = placeOf(check, watched);
  if (typeof place === 'string') return place;
  const family = check.ipProtocol === 'IPv6' ? 6 : 4;
  if (check.protocol === 'TCP' || check.protocol === 'MESOS_TCP') return { kind: 'tcp', ...place, family };
  const scheme = check.protocol === 'HTTPS' || check.protocol === 'MESOS_HTTPS' ? 'https' : 'http';
  return { kind: 'http', scheme, ...place, path: check.path ?? '/', family, keepsBody: false };
};

const shellWords = (shell: string): readonly string[] => ['/bin/sh', '-c', shell];

const commandTarget = (host: HostRuntime, instance: string, argv: readonly string[], container: string | undefined): ProbeTarget => ({
  kind: 'command',
  host,
  instance,
  argv,
  ...(container !== undefined && { container }),
});

/** Where the informational check is asked. */
export const checkTarget = ({ http, tcp, exec, container }: GenericCheck, watched: Watched): ProbeTarget | ProbeAnswer | string => {
  const { instance, host } = watched;
  if (exec !== undefined) {
    if (host === undefined) return { _tag: 'Inconclusive', cause: 'its host is not connected' };
    const { command } = exec;
    return commandTarget(host, instance, 'shell' in command ? shellWords(command.shell) : command.argv, container);
  }
  const place = placeOf(http ?? tcp ?? {}, watched);
  if (typeof place === 'string') return place;
  if (http === undefined) return { kind: 'tcp', ...place, family: 4 };
  return {
    kind: 'http',
    scheme: http.scheme === 'HTTPS' ? 'https' : 'http',
    ...place,
    path: http.path ?? '/',
    family: 4,
    keepsBody: false,
  };
};

export const readinessTarget = (check: ReadinessCheck, { address, ports }: Watched): ProbeTarget | string => {
  const there = ports.find(({ name }) => name === check.portName);
  if (there?.port === undefined) return `the instance has no port named ${check.portName}`;
  return {
    kind: 'http',
    scheme: check.protocol === 'HTTPS' ? 'https' : 'http',
    address: there.address ?? address,
    port: there.port,
    path: check.path,
    family: 4,
    keepsBody: true,
  };
};

/** How a check is called in facts and events: what was asked, and where. */
export const probeName = (check: HealthCheck, watched: Watched): string => {
  if (check.protocol === 'COMMAND') return `COMMAND ${check.command?.value ?? ''}`;
  const port = portOf(check, watched) ?? '?';
  return check.protocol.endsWith('TCP') ? `${check.protocol} :${port}` : `${check.protocol} :${port}${check.path ?? '/'}`;
};

const portOf = ({ port, portIndex = 0 }: PortOfCheck, { ports }: Watched): number | undefined => port ?? ports[portIndex]?.port;

/** A fixed port is meant where the instance's ports are. */
const placeOf = (check: PortOfCheck, watched: Watched): { readonly address: string; readonly port: number } | string => {
  const { ports, address } = watched;
  const port = portOf(check, watched);
  if (port === undefined) return `the instance has no port ${check.portIndex ?? 0}`;
  return { address: ports[check.port === undefined ? (check.portIndex ?? 0) : 0]?.address ?? address, port };
};

/** What an answer says about health; undefined when it says nothing. */
export const healthResult = (check: HealthCheck, answer: ProbeAnswer): ProbeResult | undefined => {
  switch (answer._tag) {
    case 'Inconclusive':
      return undefined;
    case 'Failed':
      return { healthy: false, cause: answer.cause };
    case 'Succeeded':
      return { healthy: true };
    case 'Answered': {
      const healthy = healthyStatus(check, answer.status);
      return healthy === false ? { healthy, cause: `HTTP status ${answer.status}` } : healthy === true ? { healthy } : undefined;
    }
  }
};

/** Checks of apps that start together are kept apart by at most this, beyond the delay that the definition asks for. */
const SPREAD_AFTER_DELAY_MS = 1_000;
const SOON_MS = 5_000;

/**
 * When the first probe of a check comes: anywhere up to `firstProbeAfter` from now for those that Marathon runs itself; for those of
 * Mesos' executor after their delay, which counts from the start, and little later.
 * @param share 0 … 1, the check's own place in the spread
 */
export const firstHealthProbe = (check: HealthCheck, startedAt: Instant, now: Instant, share: number): Instant => {
  if (runByScheduler(check)) return now + Math.floor(share * firstProbeAfter(check));
  return (
    Math.max(now, startedAt + firstProbeAfter(check)) + Math.floor(share * Math.min(check.intervalSeconds * 1000, SPREAD_AFTER_DELAY_MS))
  );
};

export const firstCheck = (check: GenericCheck, startedAt: Instant, now: Instant, share: number): Instant =>
  Math.max(now, startedAt + check.delaySeconds * 1000) + Math.floor(share * Math.min(check.intervalSeconds * 1000, SPREAD_AFTER_DELAY_MS));

export const firstReadinessProbe = (check: ReadinessCheck, now: Instant, share: number): Instant =>
  now + Math.floor(share * Math.min(check.intervalSeconds * 1000, SOON_MS));

/** The next beat of a fixed rhythm that is still to come: a probe that took longer skips beats, so that it never overlaps itself. */
export const nextProbe = (due: Instant, interval: Millis, now: Instant): Instant =>
  due + interval > now ? due + interval : due + (Math.floor((now - due) / interval) + 1) * interval;

/** The same number in [0, 1) for the same text: FNV-1a (Fowler, Noll, Vo) of 32 bits, mixed once more as its last bytes hardly reach the top. */
export const shareOf = (text: string): number => {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32;
};
