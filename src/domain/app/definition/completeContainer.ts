import type { Container, DockerContainer, LinuxInfo, Volume } from './definition.ts';
import type { Network, PortMapping } from './ports.ts';
import type { ContainerShape } from './shape.ts';

/**
 * Defaults of a container. In bridge and container networking there is one port mapping unless an empty list says none, and at
 * least as many as port definitions were written; in host networking there are none.
 */
export const completeContainer = (
  container: ContainerShape | undefined,
  networks: readonly Network[],
  portDefinitions: number,
): Container | undefined => {
  const onHost = networks.every(({ mode }) => mode === 'host');
  if (container === undefined && onHost) return undefined;
  const {
    type = 'DOCKER',
    docker,
    volumes = [],
    portMappings = [{ name: 'default' }],
    linuxInfo,
  } = container ?? { type: 'MESOS' as const };
  const missing = Math.max(0, portDefinitions - portMappings.length);
  const bridged = networks.some(({ mode }) => mode === 'container/bridge');
  const mapped = networks.every(({ mode }) => mode !== 'host' && mode !== 'none');
  return {
    type,
    ...(docker === undefined ? {} : { docker: completeDocker(docker) }),
    volumes: volumes.map((volume) => ('secret' in volume ? volume : { mode: 'RW', ...volume }) as unknown as Volume),
    ...(mapped
      ? { portMappings: [...portMappings, ...Array.from({ length: missing }, () => ({}))].map((each) => completeMapping(each, bridged)) }
      : {}),
    ...(linuxInfo === undefined ? {} : { linuxInfo: completeLinux(linuxInfo) }),
  };
};

const completeDocker = ({
  image,
  forcePullImage = false,
  privileged = false,
  parameters = [],
  ...rest
}: NonNullable<ContainerShape['docker']>) => {
  const { credential, pullConfig } = rest;
  return {
    image,
    forcePullImage,
    privileged,
    parameters,
    ...(credential === undefined ? {} : { credential }),
    ...(pullConfig === undefined ? {} : { pullConfig }),
  } satisfies DockerContainer;
};

const completeMapping = (mapping: NonNullable<ContainerShape['portMappings']>[number], bridged: boolean): PortMapping => ({
  containerPort: 0,
  ...(bridged ? { hostPort: 0 } : {}),
  servicePort: 0,
  protocol: 'tcp',
  labels: {},
  networkNames: [],
  ...mapping,
});

const completeLinux = ({ seccomp, ipcInfo }: NonNullable<ContainerShape['linuxInfo']>): LinuxInfo => ({
  ...(seccomp === undefined ? {} : { seccomp: { unconfined: false, ...seccomp } }),
  ...(ipcInfo === undefined ? {} : { ipcInfo }),
});
