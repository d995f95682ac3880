import type { GenericCheck, HealthCheck } from '../definition/checks.ts';
import type { AppDefinition } from '../definition/definition.ts';
import type { PortMapping } from '../definition/ports.ts';
import type { Endpoint, PodApp, PodContainer, PodDefinition } from './pod.ts';

/** What follows from a pod's containers and therefore is not written by anybody. */
type Derived = 'cpus' | 'mem' | 'disk' | 'gpus' | 'container' | 'healthChecks' | 'check' | 'taskKillGracePeriodSeconds';

/**
 * The definition with what the whole asks of a node and of the engine: sums of resources with the executor's, as Marathon reserves them;
 * all endpoints, in the order of the containers, as port mappings; the containers' checks on them; the longest grace.
 */
export const wholeOf = (written: Omit<PodApp, Derived>): PodApp => {
  const { containers } = written.pod;
  const { executorResources: executor = { cpus: 0, mem: 0, disk: 0 } } = written;
  const sum = (of: (container: PodContainer) => number): number => rounded(containers.reduce((total, each) => total + of(each), 0));
  const grace = graceSeconds(containers);
  const check = checkOf(written.pod);
  return {
    ...written,
    cpus: rounded(sum(({ resources }) => resources.cpus) + executor.cpus),
    mem: rounded(sum(({ resources }) => resources.mem) + executor.mem),
    disk: rounded(sum(({ resources }) => resources.disk) + executor.disk),
    gpus: sum(({ resources }) => resources.gpus),
    container: { type: 'MESOS', volumes: [], portMappings: endpointsOf(written.pod).map(mappingOf) },
    healthChecks: healthChecksOf(written.pod),
    ...(check === undefined ? {} : { check }),
    ...(grace === undefined ? {} : { taskKillGracePeriodSeconds: grace }),
  };
};

/** Sums of decimal fractions without what binary ones leave behind: a millionth of a cpu is nothing. */
const rounded = (amount: number): number => Math.round(amount * 1e6) / 1e6;

/** All endpoints of a pod, in the order in which placement gives them ports. */
export const endpointsOf = ({ containers }: PodDefinition): readonly Endpoint[] => containers.flatMap(({ endpoints }) => endpoints);

const mappingOf = ({ name, containerPort = 0, hostPort, protocol, labels, networkNames, servicePort = 0 }: Endpoint): PortMapping => ({
  name,
  containerPort,
  ...(hostPort === undefined ? {} : { hostPort }),
  servicePort,
  protocol: transportOf(protocol),
  labels,
  networkNames,
});

const transportOf = (protocols: readonly string[]): PortMapping['protocol'] => {
  const isUdp = (protocol: string): boolean => protocol.toLowerCase() === 'udp';
  if (!protocols.some(isUdp)) return 'tcp';
  return protocols.every(isUdp) ? 'udp' : 'udp,tcp';
};

/** Checks in the order of the containers that have one; `container` says whose each is. */
const healthChecksOf = (pod: PodDefinition): readonly HealthCheck[] => {
  const names = endpointsOf(pod).map(({ name }) => name);
  return pod.containers.flatMap(({ name: container, healthCheck }): readonly HealthCheck[] => {
    if (healthCheck === undefined) return [];
    const { http, tcp, exec, ...timing } = healthCheck;
    const common = { ...timing, ipProtocol: 'IPv4', ignoreHttp1xx: false, container } as const;
    const endpoint = http?.endpoint ?? tcp?.endpoint;
    if (exec !== undefined) return [{ ...common, protocol: 'COMMAND', command: commandOf(exec.command) }];
    const portIndex = names.indexOf(endpoint ?? '');
    if (http === undefined) return [{ ...common, protocol: 'MESOS_TCP', portIndex }];
    const protocol = http.scheme === 'HTTPS' ? 'MESOS_HTTPS' : 'MESOS_HTTP';
    return [{ ...common, protocol, portIndex, ...(http.path === undefined ? {} : { path: http.path }) }];
  });
};

/** Of the first container that has one; the rules leave no other. */
const checkOf = (pod: PodDefinition): GenericCheck | undefined => {
  const names = endpointsOf(pod).map(({ name }) => name);
  const [first] = pod.containers.flatMap(({ name: container, check }): readonly GenericCheck[] => {
    if (check === undefined) return [];
    const { http, tcp, ...rest } = check;
    const portIndex = names.indexOf(http?.endpoint ?? tcp?.endpoint ?? '');
    const { endpoint: _, ...request } = http ?? { endpoint: '', scheme: 'HTTP' as const };
    return [
      {
        ...rest,
        ...(http === undefined ? {} : { http: { portIndex, ...request } }),
        ...(tcp === undefined ? {} : { tcp: { portIndex } }),
        container,
      },
    ];
  });
  return first;
};

const commandOf = (command: { readonly shell: string } | { readonly argv: readonly string[] }): NonNullable<HealthCheck['command']> =>
  'shell' in command ? { value: command.shell } : { value: command.argv.join(' '), argv: command.argv };

/** Mesos' default executor gives a container without a grace of its own this long, seconds. */
const USUAL_GRACE = 3;

const graceSeconds = (containers: readonly PodContainer[]): AppDefinition['taskKillGracePeriodSeconds'] => {
  const own = containers.map(({ lifecycle }) => lifecycle?.killGracePeriodSeconds);
  return own.every((grace) => grace === undefined) ? undefined : Math.max(...own.map((grace) => grace ?? USUAL_GRACE));
};
