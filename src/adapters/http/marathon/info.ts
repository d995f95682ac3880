import type { FastifyRequest } from 'fastify';
import { SERVICE_PORTS } from '../../../domain/app/definition/servicePorts.ts';
import { leaderOf } from '../leadership.ts';
import type { Settings } from '../settings.ts';
import type { Server, Surroundings } from '../surroundings.ts';
import { VERSIONS_LISTED } from './apps.read.ts';
import { frameworkIdOf } from './framework.ts';

/** Clients compare it to know what they may use: the last of Marathon's releases, whose API this is. */
export const MARATHON_VERSION = '1.11.24';

type Place = {
  readonly settings: Settings;
  readonly isShared: boolean;
  readonly leader: string;
  readonly hostname: string;
  readonly origin: string;
};

/** A key of Marathon's configuration: what it is here, or, where it means nothing here, what Marathon has by default. */
type Key = { readonly here: (place: Place) => unknown } | { readonly unused: unknown };
const here = (value: (place: Place) => unknown): Key => ({ here: value });
const unused = (value: unknown): Key => ({ unused: value });

/** Times in ms, as Marathon gives them. */
export const MARATHON_CONFIG: Readonly<Record<string, Key>> = {
  access_control_allow_origin: here(({ settings }) => (settings.allowOrigins.length === 0 ? null : settings.allowOrigins.join(','))),
  checkpoint: here(() => true),
  decline_offer_duration: unused(120_000),
  default_network_name: unused(null),
  env_vars_prefix: unused(null),
  executor: unused('//cmd'),
  failover_timeout: unused(604_800),
  features: here(() => ['task_killing']),
  framework_name: here(() => 'marathon'),
  ha: here(({ isShared }) => isShared),
  hostname: here(({ hostname }) => hostname),
  launch_token: unused(100),
  launch_token_refresh_interval: unused(30_000),
  leader_proxy_connection_timeout_ms: unused(5_000),
  leader_proxy_read_timeout_ms: unused(10_000),
  local_port_max: here(() => SERVICE_PORTS.to),
  local_port_min: here(() => SERVICE_PORTS.from),
  maintenance_mode: unused(false),
  master: here(({ leader }) => leader),
  max_instances_per_offer: unused(5),
  mesos_bridge_name: unused('mesos-bridge'),
  mesos_heartbeat_failure_threshold: unused(5),
  mesos_heartbeat_interval: unused(15_000),
  mesos_leader_ui_url: here(({ origin }) => `${origin}/mesos/`),
  mesos_role: here(() => '*'),
  mesos_user: unused(null),
  min_revive_offers_interval: unused(5_000),
  new_group_enforce_role: here(() => 'off'),
  offer_matching_timeout: unused(3_000),
  on_elected_prepare_timeout: unused(180_000),
  reconciliation_initial_delay: unused(15_000),
  reconciliation_interval: unused(600_000),
  scale_apps_initial_delay: unused(15_000),
  scale_apps_interval: unused(300_000),
  store_cache: unused(true),
  task_launch_confirm_timeout: unused(300_000),
  task_launch_timeout: unused(300_000),
  task_lost_expunge_initial_delay: unused(300_000),
  task_lost_expunge_interval: unused(30_000),
  task_reservation_timeout: unused(20_000),
  webui_url: here(({ origin }) => `${origin}/ui/`),
};

/** There is no ZooKeeper; what is recorded stands in the engine's own log. */
export const ZOOKEEPER_CONFIG: Readonly<Record<string, Key>> = {
  zk: unused('zk://localhost:2181/marathon'),
  zk_compression: unused(true),
  zk_compression_threshold: unused(65_536),
  zk_connection_timeout: unused(10_000),
  zk_max_node_size: unused(1_024_000),
  zk_max_versions: here(() => VERSIONS_LISTED),
  zk_session_timeout: unused(10_000),
  zk_timeout: unused(10_000),
};

const valuesOf = (keys: Readonly<Record<string, Key>>, place: Place): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(keys).map(([name, key]) => [name, 'here' in key ? key.here(place) : key.unused]));

/** `/v2/info`: every key that Marathon has, so that a client finds what it looks for, and no other: some refuse what they do not know. */
export const serveInfo = (server: Server, { engine, version, settings }: Surroundings): void => {
  server.get('/v2/info', { schema: { summary: 'What this is and how it is set up.', tags: ['cluster'] } }, async (request) => {
    const { isElected, isShared } = server.leadership;
    const leader = leaderOf(request);
    const own = request.headers.host ?? 'localhost';
    const place: Place = {
      settings,
      isShared,
      leader: leader ?? own,
      hostname: own.replace(/:\d+$/, ''),
      origin: `${request.protocol}://${own}`,
    };
    return {
      name: 'marathon',
      version: MARATHON_VERSION,
      buildref: `wharfinger-${version}`,
      elected: isElected,
      leader: leader ?? null,
      frameworkId: (await frameworkIdOf(engine)) ?? null,
      marathon_config: valuesOf(MARATHON_CONFIG, place),
      zookeeper_config: valuesOf(ZOOKEEPER_CONFIG, place),
      http_config: { http_port: portOf(request, own), https_port: null },
    };
  });
};

const portOf = ({ protocol }: FastifyRequest, own: string): number => Number(/:(\d+)$/.exec(own)?.[1] ?? (protocol === 'https' ? 443 : 80));
