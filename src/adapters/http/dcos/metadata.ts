import type { FastifyRequest } from 'fastify';
import { isoInstant } from '../../../domain/kernel/units.ts';
import { notFound, Problem } from '../problem.ts';
import type { Server, Surroundings } from '../surroundings.ts';
import { DCOS_VERSION, hostPort, identityOf, leaderOf } from './cluster.ts';

const tags = ['dcos'];

/** What DC/OS' clients ask to learn where they are. */
export const serveMetadata = (server: Server, { engine, version }: Surroundings): void => {
  const dcosVersion = () => ({
    version: DCOS_VERSION,
    'dcos-variant': 'open',
    'dcos-image-commit': `wharfinger-${version}`,
    'bootstrap-id': `wharfinger-${version}`,
  });
  // The command line takes the URL that this is answered under for the cluster's own: it must lead nowhere else.
  server.head('/', { schema: { hide: true } }, async (_request, reply) => reply.send());

  server.get('/dcos-metadata/dcos-version.json', { schema: { summary: 'The release of DC/OS whose URLs these are.', tags } }, async () =>
    dcosVersion(),
  );
  server.get('/dcos-metadata/ui-config.json', { schema: { summary: 'How a web console is set up.', tags } }, async () => ({
    uiConfiguration: { plugins: { mesos: { enabled: true } }, features: {} },
    clusterConfiguration: { firstUser: false, id: (await identityOf(engine)).clusterId },
  }));
  server.get('/metadata', { schema: { summary: 'Address and id of this cluster.', tags } }, async (request) => ({
    PUBLIC_IPV4: leaderOf(request).ip,
    CLUSTER_ID: (await identityOf(engine)).clusterId,
  }));

  // The command line looks here whether it must log in: 401 says yes, and everyone who gets through has.
  server.get(
    '/pkgpanda/active.buildinfo.full.json',
    { exposeHeadRoute: true, schema: { summary: 'What is installed.', tags } },
    async () => ({ wharfinger: { build_ids: [version] } }),
  );

  server.get('/ca/dcos-ca.crt', { schema: { summary: 'Root certificate of the cluster.', tags } }, async () => {
    throw notFound('There is no certificate authority: this server speaks plain HTTP, and TLS is ended in front of it.');
  });

  for (const service of ['marathon', 'mesos']) {
    server.get(`/system/v1/leader/${service}`, { schema: { summary: `Who leads ${service}.`, tags } }, async (request) =>
      leaderJson(request),
    );
    server.get(`/system/v1/leader/${service}/dcos-metadata/dcos-version.json`, { schema: { hide: true } }, async () => dcosVersion());
    server.get(`/system/v1/leader/${service}/logs/*`, { schema: { hide: true } }, async () => {
      throw new Problem(501, {
        message: 'The logs of this engine are the output of its own process; those of tasks are at /v1/instances/<id>/logs.',
      });
    });
  }

  server.get('/net/v1/nodes', { schema: { summary: 'Addresses of the nodes, this one first.', tags } }, async (request) => {
    const { ip, hostname } = leaderOf(request);
    const updated = isoInstant(engine.clock.now());
    const nodes = [...engine.views.nodes.all()].map(({ offer }) => ({ private_ip: offer.address, hostname: offer.hostname }));
    return [{ private_ip: ip, hostname }, ...nodes.filter(({ private_ip }) => private_ip !== ip)].map((each) => ({
      ...each,
      public_ips: [],
      updated,
    }));
  });
};

const leaderJson = (request: FastifyRequest) => {
  const { ip, port } = leaderOf(request);
  return { leader: hostPort(ip, port) };
};
