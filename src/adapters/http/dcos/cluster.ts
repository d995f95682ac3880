import { isIP } from 'node:net';
import type { FastifyRequest } from 'fastify';
import { ENGINE_LEASE } from '../../../domain/lease/lease.ts';
import type { Engine } from '../../../domain/ports/engine.ts';
import { unavailable } from '../problem.ts';

/** Whose API this is, for clients that compare versions: the last releases of each. */
export const MESOS_VERSION = '1.11.0';
export const DCOS_VERSION = '2.2.0';
export const MESOS_DNS_VERSION = 'v0.7.0';

/** The one framework there is. */
export const FRAMEWORK_NAME = 'marathon';

/** Mesos' and Marathon's unit of time in JSON: seconds with fractions. */
export const seconds = (ms: number): number => ms / 1000;

const known = new WeakMap<Engine, string>();

/** What tells this cluster from any other, for ever: the id of the first fact of its leadership. */
export const clusterIdOf = async (engine: Engine): Promise<string> => {
  const before = known.get(engine);
  if (before !== undefined) return before;
  const [first] = await engine.log.readStream(ENGINE_LEASE);
  if (first === undefined) throw unavailable('Nobody leads yet.');
  known.set(engine, first.id);
  return first.id;
};

/** As Mesos makes one of its master's id. */
export const frameworkIdOf = (clusterId: string): string => `${clusterId}-0000`;

/** Where whoever asks reached us: there is one leader, and it is whoever answers. */
export type Leader = {
  /** An address, for those who make DNS records of it. */
  readonly ip: string;
  readonly port: number;
  /** As the client called us, without port. */
  readonly hostname: string;
};

const HTTP_PORT = 80;
const LOOPBACK = '127.0.0.1';

export const leaderOf = ({ headers: { host = 'localhost' }, raw: { socket } }: Pick<FastifyRequest, 'headers' | 'raw'>): Leader => {
  const [, name = 'localhost', named] = /^(.*?)(?::(\d+))?$/.exec(host) ?? [];
  const hostname = name.replace(/^\[(.*)\]$/, '$1');
  const port = socket.localPort ?? Number(named ?? HTTP_PORT);
  // An IPv4 client of a socket for both families.
  const local = socket.localAddress?.replace(/^::ffff:/, '');
  return { ip: local ?? (isIP(hostname) > 0 ? hostname : LOOPBACK), port, hostname };
};

/** `host:port`, with the brackets that an IPv6 address needs. */
export const hostPort = (host: string, port: number): string => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`);
