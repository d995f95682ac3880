import type { Server, Surroundings } from '../surroundings.ts';
import { serveLogin } from './login.ts';
import { serveMaster } from './mesos/masterRoutes.ts';
import { serveOperatorApi } from './mesos/operatorApi.ts';
import { serveStatistics } from './mesos/statistics.ts';
import { serveTenancy } from './mesos/tenancyRoutes.ts';
import { serveMesosDns } from './mesosDns.ts';
import { serveMetadata } from './metadata.ts';

/** What DC/OS offered around Marathon's API, each under the one URL that `urls.ts` leads to. */
export const serveDcos = (server: Server, surroundings: Surroundings): void => {
  for (const serve of [serveMetadata, serveLogin, serveMaster, serveOperatorApi, serveTenancy, serveStatistics, serveMesosDns])
    serve(server, surroundings);
};
