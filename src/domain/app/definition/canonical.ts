import { canonicalContainer } from './canonicalContainer.ts';
import type { NetworkMode } from './ports.ts';
import type { AppShape } from './shape.ts';
import type { Violations } from './violations.ts';

/**
 * From Marathon's deprecated forms to the canonical ones, before defaults: `uris` → `fetch`, `ports` → `portDefinitions`,
 * `ipAddress` and `container.docker.network` → `networks`, `container.docker.portMappings` → `container.portMappings`.
 * Only what was written is translated, so that a partial update leaves the rest alone.
 */
export type CanonicalShape = Omit<AppShape, 'uris' | 'ports' | 'ipAddress'>;

export const canonical = (app: AppShape, found: Violations): CanonicalShape => {
  const { uris, ports, ipAddress, ...rest } = app;
  const { docker } = app.container ?? {};
  refuseMixtures(app, found);
  const networks = networksOf(app);
  const container = canonicalContainer(app, found);
  return {
    ...rest,
    ...(uris !== undefined && uris.length > 0 ? { fetch: uris.map((uri) => ({ uri, extract: isArchive(uri) })) } : {}),
    ...(ports !== undefined && rest.portDefinitions === undefined ? { portDefinitions: ports.map((port) => ({ port })) } : {}),
    ...(networks !== undefined && (docker?.network !== undefined || ipAddress !== undefined) ? { networks } : {}),
    ...(container === undefined ? {} : { container }),
  };
};

/** Old and new ways of saying one thing may not meet in one definition. */
const refuseMixtures = (app: AppShape, found: Violations): void => {
  const given = (items: readonly unknown[] | undefined): boolean => items !== undefined && items.length > 0;
  const { uris, fetch, ports, portDefinitions, networks, ipAddress, container } = app;
  if (given(uris) && given(fetch)) found.add('/uris', 'may not be set in conjunction with fetch');
  if (container?.docker?.network !== undefined && given(networks))
    found.add('/', 'must not specify both container.docker.network and networks');
  if (ipAddress !== undefined && given(networks)) found.add('/', 'must not specify both networks and ipAddress');
  if (ipAddress !== undefined && (given(ports) || given(portDefinitions))) found.add('/', 'cannot specify both an IP address and port');
  if (given(ports) && given(portDefinitions) && JSON.stringify(ports) !== JSON.stringify(portDefinitions?.map(({ port }) => port ?? 0)))
    found.add('/', 'cannot specify both ports and port definitions');
  const fixed = (ports ?? []).filter((port) => port !== 0);
  if (new Set(fixed).size < fixed.length) found.add('/', 'ports must be unique');
  if (container?.type !== 'MESOS' && container !== undefined && ipAddress?.discovery !== undefined)
    found.add('/ipAddress', 'ipAddress/discovery is not allowed for Docker containers');
};

/** The networks as written, or as the deprecated fields mean them; undefined where none says anything. */
const networksOf = ({ networks, ipAddress, container }: AppShape): CanonicalShape['networks'] => {
  const mode = container?.docker?.network;
  if (mode === undefined && ipAddress === undefined) return networks;
  if (mode === 'HOST') return [{ mode: 'host' }];
  const labels = ipAddress?.labels === undefined ? {} : { labels: ipAddress.labels };
  const named = (network: NetworkMode) => ({
    mode: network,
    ...(ipAddress?.networkName === undefined ? {} : { name: ipAddress.networkName }),
  });
  if (mode === 'NONE') return [{ mode: 'none', ...labels }];
  if (mode === 'BRIDGE' || (mode === undefined && ipAddress?.networkName === DEFAULT_BRIDGE))
    return [{ mode: 'container/bridge', ...labels }];
  return [{ ...named('container'), ...labels }];
};

/** Marathon's `--mesos_bridge_name` as shipped. */
const DEFAULT_BRIDGE = 'mesos-bridge';

const ARCHIVES = ['.tar', '.tar.gz', '.tar.bz2', '.tar.xz', '.gz', '.tgz', '.tbz2', '.txz', '.zip'];

/** Whether the path of a URI, without query and fragment, ends like an archive. */
export const isArchive = (uri: string): boolean => {
  const path = uri.replace(/[?#].*$/s, '');
  return ARCHIVES.some((ending) => path.endsWith(ending));
};
