import { isIP } from 'node:net';
import type { FastifyRequest } from 'fastify';
import type { Engine } from '../../../domain/ports/engine.ts';
import { leaderUrlOf } from '../leadership.ts';
import { clusterIdOf, frameworkIdOf } from '../marathon/framework.ts';
import { unavailable } from '../problem.ts';

/** Whose API this is, for clients that compare versions: the last releases of each. */
export const MESOS_VERSION = '1.11.0';
export const DCOS_VERSION = '2.2.0';
export const MESOS_DNS_VERSION = 'v0.7.0';

/** What clients call a cluster that nobody has named. */
export const CLUSTER_NAME = 'wharfinger';

/** The one framework there is. */
export const FRAMEWORK_NAME = 'marathon';

/** Mesos' and Marathon's unit of time in JSON: seconds with fractions. */
export const seconds = (ms: number): number => ms / 1000;

/** @throws Problem 503 on a log on which nobody has led. */
export const identityOf = async (engine: Engine): Promise<{ readonly clusterId: string; readonly frameworkId: string }> => {
  const [clusterId, frameworkId] = [await clusterIdOf(engine), await frameworkIdOf(engine)];
  if (clusterId === undefined || frameworkId === undefined) throw unavailable('Nobody leads yet.');
  return { clusterId, frameworkId };
};

/** Where the leader is reached. */
export type Leader = {
  /** An address, for those who make DNS records of it. */
  readonly ip: string;
  readonly port: number;
  /** As clients call it, without port. */
  readonly hostname: string;
};

const HTTP_PORT = 80;
const HTTPS_PORT = 443;
const LOOPBACK = '127.0.0.1';

/** @throws Problem 503 where nobody leads, or nobody knows at which address */
export const leaderOf = (request: FastifyRequest): Leader => {
  const { isShared, addressOf } = request.server.leadership;
  if (!isShared) return whoeverAnswers(request);
  const { hostname: host, port, protocol } = leaderUrlOf(request);
  const hostname = host.replace(/^\[(.*)\]$/, '$1');
  const ip = addressOf(hostname);
  if (ip === undefined) throw unavailable(`The address of the leader, ${hostname}, is not known here.`);
  return { ip, port: port === '' ? (protocol === 'https:' ? HTTPS_PORT : HTTP_PORT) : Number(port), hostname };
};

/** Where there is one engine it is the leader, reached where whoever asks reached it. */
const whoeverAnswers = ({ headers: { host = 'localhost' }, raw: { socket } }: FastifyRequest): Leader => {
  const [, name = 'localhost', named] = /^(.*?)(?::(\d+))?$/.exec(host) ?? [];
  const hostname = name.replace(/^\[(.*)\]$/, '$1');
  const port = socket.localPort ?? Number(named ?? HTTP_PORT);
  // An IPv4 client of a socket for both families.
  const local = socket.localAddress?.replace(/^::ffff:/, '');
  return { ip: local ?? (isIP(hostname) > 0 ? hostname : LOOPBACK), port, hostname };
};

/** `host:port`, with the brackets that an IPv6 address needs. */
export const hostPort = (host: string, port: number): string => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`);
