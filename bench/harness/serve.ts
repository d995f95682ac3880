import { createHttp } from '../../src/adapters/http/http.ts';
import { listenTcp } from '../../src/adapters/http/listen.ts';
import { sentenceOf } from '../../src/projections/sentences.ts';
import { VERSION } from '../../src/version.ts';
import type { Cluster } from './cluster.ts';

/** The API of a cluster's engine, in the engine's own process as in production, on a free port of loopback. */
export const serve = ({ engine }: Pick<Cluster, 'engine'>) =>
  listenTcp(createHttp({ engine, sentenceOf, auth: 'none', version: VERSION }), { port: 0 });
