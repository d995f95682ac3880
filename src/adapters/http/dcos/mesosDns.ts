import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { type DnsRecord, type NamedTask, type Zone, zoneOf } from '../../../domain/network/mesosDns.ts';
import type { Engine } from '../../../domain/ports/engine.ts';
import { Problem } from '../problem.ts';
import type { Server, Surroundings } from '../surroundings.ts';
import { FRAMEWORK_NAME, hostPort, leaderOf, MESOS_DNS_VERSION } from './cluster.ts';
import { AGENT_PORT } from './mesos/agents.ts';
import { remembered } from './remembered.ts';

/** The domain of every name, Mesos-DNS' own. */
export const DNS_DOMAIN = 'mesos';

/** Seconds for which Mesos-DNS lets its answers be kept. */
const TTL_SECONDS = 60;
/** How often whoever copies the zone should look again, seconds. */
const REFRESH_SECONDS = 60;

const tags = ['mesos-dns'];

const sha1 = (text: string): Uint8Array => createHash('sha1').update(text).digest();

type Names = { readonly running: readonly NamedTask[]; readonly zone: Zone; readonly byName: ReadonlyMap<string, readonly DnsRecord[]> };

/** By the place where the leader was reached: one of its names is his. */
const namesByLeader = remembered((): Map<string, Names> => new Map());

/** The names of the tasks that are ready, as Mesos-DNS would have made them. */
const currentNames = (engine: Engine, request: FastifyRequest): Names => {
  const { ip, port } = leaderOf(request);
  const known = namesByLeader(engine);
  const names = known.get(`${ip} ${port}`) ?? namesOf(engine, { address: ip, port });
  known.set(`${ip} ${port}`, names);
  return names;
};

const namesOf = ({ views }: Engine, leader: { readonly address: string; readonly port: number }): Names => {
  const running = [...views.discovery.ready()].flatMap(({ ready }) => [...ready].flatMap(views.discovery.tasksOf));
  const nodes = [...views.nodes.all()].map(({ offer }) => ({ address: offer.address, port: AGENT_PORT }));
  const zone = zoneOf({ domain: DNS_DOMAIN, framework: { name: FRAMEWORK_NAME, ...leader }, leader, nodes, tasks: running }, sha1);
  return { running, zone, byName: Map.groupBy(zone.records, ({ name }) => name) };
};

/** The HTTP API of Mesos-DNS, where DC/OS had it. */
export const serveMesosDns = (server: Server, { engine, settings }: Surroundings): void => {
  server.get('/mesos_dns/v1/version', { schema: { summary: 'Version of Mesos-DNS whose API this is.', tags } }, async () => ({
    Service: 'Mesos-DNS',
    Version: MESOS_DNS_VERSION,
    URL: 'https://github.com/m3scluster/mesos-dns',
  }));
  server.get('/mesos_dns/v1/config', { schema: { summary: 'How names are made.', tags } }, async () => configOf(settings.options.dns));
  server.route({
    method: 'GET',
    url: '/mesos_dns/v1/hosts/:name',
    schema: { summary: 'Addresses of a name; one empty record where there is none.', tags, params: z.object({ name: z.string() }) },
    handler: async (request) => {
      const names = currentNames(engine, request);
      const found = named(names, request.params.name, ['A', 'AAAA']).map(({ name, host }) => ({ host: name, ip: host }));
      return found.length > 0 ? found : [{ host: '', ip: '' }];
    },
  });
  server.get('/mesos_dns/v1/hosts/:name/ports', { schema: { hide: true } }, async () => {
    throw new Problem(501, { message: 'To be implemented...' });
  });
  server.route({
    method: 'GET',
    url: '/mesos_dns/v1/services/:name',
    schema: { summary: 'Where a service is; one empty record where it is nowhere.', tags, params: z.object({ name: z.string() }) },
    handler: async (request) => {
      const names = currentNames(engine, request);
      const { name } = request.params;
      const found = named(names, name, ['SRV']).map(({ host }) => endpoint(names, name, host));
      return found.length > 0 ? found : [{ service: '', host: '', ip: '', port: '' }];
    },
  });
  server.get('/mesos_dns/v1/enumerate', { schema: { summary: 'Every task with its records.', tags } }, async (request) => {
    const { zone, running } = currentNames(engine, request);
    const tasks = running.map(({ id, name }) => ({
      name,
      id,
      records: (zone.ofTask.get(id) ?? []).map((record) => ({ name: record.name, host: record.host, rtype: record.type })),
    }));
    return { frameworks: [{ name: FRAMEWORK_NAME, tasks }] };
  });
  server.get('/mesos_dns/v1/axfr', { schema: { summary: 'The whole zone.', tags } }, async (request) => {
    const { zone } = currentNames(engine, request);
    const of = (type: DnsRecord['type']) => {
      const grouped = Map.groupBy(
        zone.records.filter((record) => record.type === type),
        ({ name }) => name,
      );
      return Object.fromEntries([...grouped].map(([name, records]) => [name, records.map(({ host }) => host)]));
    };
    return {
      TTL: TTL_SECONDS,
      Serial: engine.views.position(),
      RefreshSeconds: REFRESH_SECONDS,
      Mname: `ns1.${DNS_DOMAIN}.`,
      Rname: `root.ns1.${DNS_DOMAIN}.`,
      Domain: DNS_DOMAIN,
      Records: { As: of('A'), AAAAs: of('AAAA'), SRVs: of('SRV') },
    };
  });
};

const dnsOption = z
  .object({
    listen: z.array(z.object({ host: z.string(), port: z.number() })).min(1),
    upstream: z.array(z.object({ host: z.string(), port: z.number() })).optional(),
    ttlSeconds: z.number().optional(),
  })
  .optional()
  .catch(undefined);

/** Mesos-DNS' own words; what is about its masters and its way of polling them has no counterpart here and is left out. */
const configOf = (option: unknown) => {
  const dns = dnsOption.parse(option);
  const [at] = dns?.listen ?? [];
  return {
    Domain: DNS_DOMAIN,
    TTL: TTL_SECONDS,
    RefreshSeconds: REFRESH_SECONDS,
    SRVRecordDefaultWeight: 1,
    SOAMname: `ns1.${DNS_DOMAIN}.`,
    SOARname: `root.ns1.${DNS_DOMAIN}.`,
    SOARefresh: REFRESH_SECONDS,
    SOARetry: 600,
    SOAExpire: 86_400,
    SOAMinttl: dns?.ttlSeconds ?? TTL_SECONDS,
    ...(at !== undefined && { Listener: at.host, Port: at.port }),
    ...(dns?.upstream !== undefined && { Resolvers: dns.upstream.map(({ host, port }) => hostPort(host, port)) }),
    SetTruncateBit: true,
    RecurseOn: true,
    IPSources: ['netinfo', 'host'],
    EnforceRFC952: false,
    EnumerationOn: true,
    DnsOn: dns !== undefined,
    HttpOn: true,
  };
};

/** Names are asked for in any case, with the last dot or without. */
const named = ({ byName }: Names, asked: string, types: readonly DnsRecord['type'][]): readonly DnsRecord[] =>
  (byName.get(`${asked.toLowerCase().replace(/\.$/, '')}.`) ?? []).filter(({ type }) => types.includes(type));

/** @param asked the name as it was asked for, which is what is answered */
const endpoint = (names: Names, asked: string, host: string) => {
  const at = host.lastIndexOf(':');
  const target = host.slice(0, at);
  return { service: asked, host: target, ip: addressOf(names, target), port: host.slice(at + 1) };
};

const addressOf = ({ byName }: Names, target: string): string =>
  byName.get(target)?.find(({ type, host }) => type !== 'SRV' && isIP(host) > 0)?.host ?? '';
