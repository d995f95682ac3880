import { once } from 'node:events';
import { CliFailure } from '../adapters/cli/failure.ts';
import type { Io } from '../adapters/cli/io.ts';
import { systemClock } from '../adapters/clock/systemClock.ts';
import { serveHosts } from '../adapters/hosts/simulated/apart/server.ts';
import { simulatedCluster } from '../adapters/hosts/simulated/cluster/cluster.ts';
import { profileIn } from './profileIn.ts';

/** What it says when engines may come. */
export const LISTENS = 'listen at';

export type HostsOptions = {
  readonly listen: string;
  readonly profile: string;
  readonly hosts?: number;
  readonly seed: number;
  /** Ends when the standard input does. */
  readonly whileStdin?: boolean;
};

/** The hosts without an engine, until interrupted. What runs on them is gone with this process. */
export const simulateHosts = async ({ listen, profile: named, hosts, seed, whileStdin }: HostsOptions, io: Io): Promise<void> => {
  const profile = await profileIn(named);
  const cluster = simulatedCluster({ profile, seed, clock: systemClock(), ...(hosts !== undefined && { count: hosts }) });
  const offers = new Map(cluster.members.map(({ id, offer }) => [id, offer]));
  const server = await serveHosts({
    address: listen,
    hosts: cluster,
    offerOf: (node) => offers.get(node),
    keepsEnv: false,
    onFirst: cluster.begin,
  }).catch((error: Error) => {
    throw new CliFailure(`the hosts don't listen: ${error.message}`);
  });
  io.out(`${cluster.members.length} simulated hosts of ${profile.name} ${LISTENS} ${server.address}\n`);
  const ended = new AbortController();
  process.once('SIGTERM', () => ended.abort());
  if (whileStdin === true)
    process.stdin
      .resume()
      .once('close', () => ended.abort())
      .once('end', () => ended.abort());
  const signal = AbortSignal.any([io.interrupted, ended.signal]);
  if (!signal.aborted) await once(signal, 'abort');
  cluster.end();
  await server.close();
};
