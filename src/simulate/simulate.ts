import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pino } from 'pino';
import { CliFailure } from '../adapters/cli/failure.ts';
import type { Io } from '../adapters/cli/io.ts';
import { systemClock } from '../adapters/clock/systemClock.ts';
import { simulatedCluster } from '../adapters/hosts/simulated/cluster/cluster.ts';
import type { ClusterProfile } from '../adapters/hosts/simulated/cluster/description.ts';
import type { RuntimeEndpoint } from '../domain/node/node.facts.ts';
import type { Probe } from '../domain/ports/probes.ts';
import { type Server, startServer } from '../main.ts';
import { simulateWith } from '../runtimes.ts';
import { startHostsProcess } from './hostsProcess.ts';
import { paceFor } from './pace.ts';
import { profileIn } from './profileIn.ts';
import { registerHosts } from './register.ts';
import { machine, peakRss, type Report, reportText } from './report.ts';
import { runWorkload } from './run.ts';

export type SimulateOptions = {
  readonly profile: string;
  readonly hosts?: number;
  readonly seed: number;
  readonly apps?: number;
  readonly instances?: number;
  readonly workload: boolean;
  readonly once: boolean;
  readonly port: number;
  readonly auth: boolean;
  readonly json: boolean;
  /** A directory that stays; a temporary one where absent. */
  readonly data?: string;
  /** Hosts in a second process, started here. */
  readonly apart: boolean;
  /** Hosts in a second process that is there already. */
  readonly hostsAt?: string;
  /** Without progress for so long the workload is given up, seconds. */
  readonly patience: number;
};

/** A simulated cluster with a real engine and its API. @throws CliFailure where not all of the workload ran and that was all there was to do */
export const simulate = async (options: SimulateOptions, io: Io): Promise<void> => {
  const profile = sized(await profileIn(options.profile), options);
  const dataDir = options.data === undefined ? await mkdtemp(join(tmpdir(), 'wharf-simulate-')) : resolve(options.data);
  const opened: (() => Promise<void>)[] = [];
  const ended = new AbortController();
  const terminate = (): void => ended.abort();
  process.once('SIGTERM', terminate);
  const interrupted = AbortSignal.any([io.interrupted, ended.signal]);
  try {
    if (options.data === undefined) opened.push(() => rm(dataDir, { recursive: true, force: true }));
    const report = await played(profile, dataDir, options, io, interrupted, opened);
    if (!options.once && !interrupted.aborted) await once(interrupted, 'abort');
    if (options.once && report.workload?.allRan === false && !interrupted.aborted) throw new CliFailure('not all of the workload ran');
  } finally {
    process.off('SIGTERM', terminate);
    for (const close of opened.toReversed()) await close();
  }
};

/** @param opened gets what ends each part */
const played = async (
  profile: ClusterProfile,
  dataDir: string,
  options: SimulateOptions,
  io: Io,
  interrupted: AbortSignal,
  opened: (() => Promise<void>)[],
): Promise<Report> => {
  const { seed } = options;
  const say = (text: string): void => (options.json ? undefined : io.out(text));
  const cluster = simulatedCluster({ profile, seed, clock: systemClock() });
  const address = await addressOf(options, dataDir, opened);
  const endpoint: RuntimeEndpoint = { kind: 'simulated', seed, ...(address !== undefined && { address }) };
  if (address === undefined) simulateWith(seed, cluster);
  const server = await serving(profile, dataDir, options);
  opened.push(server.close);
  say(
    [
      `wharf simulates ${cluster.members.length} hosts (${profile.name}) on ${server.url}`,
      `  data in   ${dataDir}${options.data === undefined ? ', gone at the end' : ''}`,
      ...(address === undefined ? [] : [`  hosts at  ${address}`]),
      `  ask with  wharf --data-dir ${dataDir} node list`,
      '',
    ].join('\n'),
  );
  const begun = performance.now();
  const added = await registerHosts(server.engine, cluster.members, endpoint, profile.hosts.portRanges);
  const seconds = (performance.now() - begun) / 1000;
  if (address === undefined) {
    cluster.begin();
    opened.push(async () => cluster.end());
  }
  const workload =
    options.workload && profile.workload !== undefined
      ? await runWorkload(server, profile.workload, {
          seed,
          io,
          json: options.json,
          patienceMs: options.patience * 1000,
          interrupted,
          logFile: join(dataDir, 'log.sqlite'),
          befallen: cluster.befallen,
          opened,
        })
      : undefined;
  const report: Report = {
    name: 'simulate',
    profile: profile.name,
    seed,
    machine: machine(),
    hosts: cluster.members.length,
    ...(address !== undefined && { apart: address }),
    registration: { hosts: added, seconds, hostsPerSecond: seconds > 0 ? added / seconds : 0 },
    ...(workload !== undefined && { workload }),
    peakRssBytes: peakRss(),
  };
  io.out(options.json ? `${JSON.stringify(report)}\n` : reportText(report));
  if (!options.once) say(`the engine serves until Ctrl-C on ${server.url}\n`);
  return report;
};

const sized = (profile: ClusterProfile, { hosts, apps, instances }: SimulateOptions): ClusterProfile => ({
  ...profile,
  hosts: { ...profile.hosts, ...(hosts !== undefined && { count: hosts }) },
  ...(profile.workload !== undefined && {
    workload: { ...profile.workload, ...(apps !== undefined && { apps }), ...(instances !== undefined && { instances }) },
  }),
});

/** Where the hosts live, if elsewhere: a process that is there, or one that is started here. */
const addressOf = async (
  { apart, hostsAt, profile, hosts, seed }: SimulateOptions,
  dataDir: string,
  opened: (() => Promise<void>)[],
): Promise<string | undefined> => {
  if (hostsAt !== undefined || !apart) return hostsAt;
  const address = `unix:${join(dataDir, 'hosts.sock')}`;
  const started = await startHostsProcess(address, { profile, seed, ...(hosts !== undefined && { hosts }) });
  opened.push(started.close);
  return address;
};

const serving = async (profile: ClusterProfile, dataDir: string, { port, auth }: SimulateOptions): Promise<Server> => {
  let engine: Server['engine'] | undefined;
  const server = await startServer({
    dataDir,
    listen: { port },
    noAuth: !auth,
    localNodes: false,
    pace: paceFor(profile.hosts.count),
    probe: probeBy(() => engine),
    log: pino({ level: 'error' }, pino.destination(2)),
  }).catch((error: NodeJS.ErrnoException) => {
    const isTaken = error.code === 'EADDRINUSE' && !error.message.includes('wharf.sock');
    throw new CliFailure(
      `the engine did not start: ${isTaken ? `port ${port} is taken; --port names another, 0 any free one` : error.message}`,
    );
  });
  engine = server.engine;
  return server;
};

/** Nothing listens on a simulated host: what runs there is well while the host answers. */
const probeBy = (engine: () => Server['engine'] | undefined): Probe => {
  const nodes = new Map<string, string>();
  return async (target) => {
    if (target.kind === 'command') return { _tag: 'Succeeded' };
    const running = engine();
    if (!nodes.has(target.address)) for (const { id, offer } of running?.views.nodes.all() ?? []) nodes.set(offer.address, id);
    const answer = await running?.host(nodes.get(target.address) ?? '')?.ping()();
    if (answer?._tag !== 'Right') return { _tag: 'Failed', cause: 'no answer' };
    return target.kind === 'http' ? { _tag: 'Answered', status: 200, contentType: 'text/plain', body: 'ok' } : { _tag: 'Succeeded' };
  };
};
