import { mkdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { type Follower, startFollower } from './actors/follower.ts';
import { systemClock } from './adapters/clock/systemClock.ts';
import { createFront } from './adapters/http/front.ts';
import { electedLeader } from './adapters/http/leadership.ts';
import { passOnTo } from './adapters/http/past/passOn.ts';
import { createStandby } from './adapters/http/standby/createStandby.ts';
import { eventDescription } from './adapters/kafka/eventDescription.ts';
import { sealerOf } from './adapters/keys/sealer.ts';
import { rest } from './adapters/log/esdb/client/rest.ts';
import { startTelemetry } from './adapters/telemetry/startTelemetry.ts';
import { strategyProblems } from './domain/deployment/strategies/problems.ts';
import type { Reign } from './domain/ports/election.ts';
import { recordedOf } from './domain/recordedOf.ts';
import { startHistory } from './historyServer.ts';
import { authOf, edgeOf, type Ground, type Lead, lead } from './lead.ts';
import { closeAll, DEFAULT_LISTEN, historyOf, openDns, requireLoopback, type ServerOptions } from './main.ts';
import { sentenceOf } from './projections/sentences.ts';
import { eventsOf } from './serveKafka.ts';
import { openSharedLog } from './sharedLog.ts';
import { viewsOf } from './snapshots/viewsOf.ts';
import { readStrategy } from './strategyFiles.ts';
import { VERSION } from './version.ts';

export type MemberOptions = Omit<ServerOptions, 'localNodes' | 'archive' | 'onFenced' | 'onAbdicated'> & {
  /** `esdb://…` of the store that holds the log. */
  readonly store: string;
  /** File with the secret that all engines of this log share. */
  readonly clusterSecret: string;
  /** How long a leader leads without being heard of, ms. */
  readonly leaseMs?: number;
  /** Where the others and their clients reach this engine's API; where it listens unless told. */
  readonly advertise?: string;
  /** What happens to a request that the leader alone can answer. */
  readonly standbyMode?: 'proxy' | 'redirect';
  /** What keeps it from what it wants to do, and what it does; undefined: nothing does any more. */
  onNews?(text: string | undefined): void;
  /** Gives up a start that waits for the store. */
  readonly signal?: AbortSignal;
};

/** A lease: long enough for a store that elects a leader of its own, short enough for those who wait for a successor. */
export const DEFAULT_LEASE_MS = 5_000;
/** How long an engine that could not lead, such as one of a version that does not know what lives, lets others try, ms. */
const AFTER_FAILURE_MS = 10_000;
/** How long an engine that gave up its leadership lets others go first, ms. */
const AFTER_YOU_MS = 1_000;

/** One of several engines on one log. */
export type Member = {
  readonly url: string;
  readonly socketPath: string;
  readonly tokenFile: string;
  role(): 'standby' | 'leader';
  /** The engine, while it leads. */
  leading(): Lead | undefined;
  /** Resolves when it leads next, or at once where it does. */
  elected(): Promise<Lead>;
  /** Resolves, with the reason, when it can go on no more: the store tells another history than before. */
  readonly broken: Promise<string>;
  /** Gives the lease back, so that a successor need not wait. What runs goes on running. */
  close(): Promise<void>;
};

/**
 * An engine on a log that it shares: it follows the log and stands by, its views as fresh as the log, until it is elected; then it leads as any
 * other engine does, and stands by again when its lease is over.
 */
export const startMember = async (options: MemberOptions): Promise<Member> => {
  const opened: (() => Promise<void>)[] = [];
  try {
    return await open(options, opened);
  } catch (error) {
    await closeAll(opened);
    throw error;
  }
};

const open = async (options: MemberOptions, opened: (() => Promise<void>)[]): Promise<Member> => {
  const { log: logger, leaseMs = DEFAULT_LEASE_MS, standbyMode = 'proxy', onNews } = options;
  const listen = { ...DEFAULT_LISTEN, ...options.listen };
  requireLoopback(options.noAuth, listen.host);
  const dataDir = resolve(options.dataDir);
  await mkdir(dataDir, { recursive: true, mode: 0o711 });
  const telemetry = await startTelemetry({ serviceName: 'wharfinger', version: VERSION });
  opened.push(telemetry.shutdown);
  let lastTrouble: string | undefined;
  const shared = await openSharedLog({
    store: options.store,
    clusterSecret: options.clusterSecret,
    dataDir,
    leaseMs,
    ...(options.signal !== undefined && { signal: options.signal }),
    onTrouble: (text) => {
      // It is asked again and again, and told each time.
      if (text !== undefined && text !== lastTrouble) logger?.warn(text);
      lastTrouble = text;
      onNews?.(text);
    },
  });
  opened.push(shared.close);
  const front = createFront();
  opened.push(front.close);
  const tcp = await front.listenTcp(listen);
  const self = options.advertise ?? tcp.address;
  // Others pass requests on to the name that this engine gives itself.
  const allowedHosts = [...(options.allowedHosts ?? []), new URL(self).hostname];
  const socketPath = join(dataDir, 'wharf.sock');
  await front.listenUnix(socketPath);
  const history = startHistory(historyOf({ ...options, dataDir, localNodes: false }, shared.logFile), (text) => logger?.warn(text));
  opened.push(history.close);
  const { log, logFile, keys } = shared;
  const views = await viewsOf({ dataDir, logFile, log, keys, ...(logger !== undefined && { logger }) }, opened);
  const ground: Omit<Ground, 'reign' | 'standingStill'> = {
    dataDir,
    log: shared.log,
    logFile: shared.logFile,
    store: options.store,
    keys: shared.keys,
    token: shared.token,
    views,
    passOn: passOnTo(history.socketPath),
    listen: { host: listen.host, port: Number(new URL(tcp.address).port) },
    localSockets: front.localSockets,
    leadership: electedLeader(shared.election, true),
    ...(telemetry.trace !== undefined && { trace: telemetry.trace }),
  };
  const dns =
    options.dns === undefined ? undefined : await openDns(views, options.dns, () => shared.election.leader()?.url ?? self, logger);
  if (dns !== undefined) opened.push(dns.close);

  const withdrawn = new AbortController();
  const waiting = new Set<(lead: Lead) => void>();
  let leading: Lead | undefined;
  /** Of what the last reign had opened. */
  let ending: Promise<void> = Promise.resolve();
  let follower: Follower | undefined;

  const follow = async (): Promise<void> => {
    const sealer = sealerOf(shared.keys);
    const standing = await startFollower({
      log: shared.log,
      views,
      sealer,
      readStrategy,
      onQuarantined: (stream, why) => logger?.error({ stream }, `quarantined: ${why}`),
    });
    follower = standing;
    const app = createStandby({
      followed: {
        views,
        log: shared.log,
        clock: systemClock(),
        decode: (stored) => recordedOf(stored, sealer),
        strategyProblems,
        unreadable: standing.quarantined,
      },
      election: shared.election,
      self,
      mode: standbyMode,
      freshAt: shared.log.freshAt,
      asOf: { kind: 'there', passOn: ground.passOn },
      sentenceOf,
      events: eventDescription(eventsOf(options.kafka)),
      auth: authOf(options, shared.token, dataDir),
      allowedHosts,
      version: VERSION,
      localSockets: front.localSockets,
      settings: { listen, dataDir, allowedHosts },
      ...edgeOf(options),
      ...(logger !== undefined && { log: logger }),
    });
    // What led before ends behind it.
    void front.serve(app);
  };

  const reignAs = async (reign: Reign): Promise<string> => {
    const parts: (() => Promise<void>)[] = [];
    const over = Promise.withResolvers<string>();
    void reign.lost.then(over.resolve);
    withdrawn.signal.addEventListener('abort', () => over.resolve(STOPPING), { once: true });
    await follower?.stop();
    await ending;
    let engine: Lead['engine'] | undefined;
    try {
      const led = await lead(
        {
          ...options,
          dataDir,
          allowedHosts,
          localNodes: false,
          onFenced: (term) => over.resolve(`term ${term} leads now`),
          onAbdicated: () => over.resolve(ABDICATED),
        },
        { ...ground, reign, ...(follower !== undefined && { standingStill: follower.quarantined() }) },
        parts,
      );
      engine = led.engine;
      leading = led;
      // What it answered as a standby may take a while to end; a lease may end before.
      await Promise.race([front.serve(led.http), over.promise]);
      onNews?.(`this engine leads, in term ${led.engine.term}`);
      for (const resolve of [...waiting]) resolve(led);
      waiting.clear();
      return await over.promise;
    } catch (error) {
      // A lease that was over too soon is stood for again at once.
      throw reign.holds() ? new Error(`${FAILED} ${(error as Error).message}`) : error;
    } finally {
      leading = undefined;
      // First nothing is decided any more, then somebody else may; whatever else was opened ends meanwhile.
      await engine?.stop();
      ending = closeAll(parts).catch((error: Error) => logger?.error(error));
      if (engine === undefined) await ending;
      await reign.release();
    }
  };

  const campaign = async (): Promise<void> => {
    while (!withdrawn.signal.aborted) {
      await follow();
      const reign = await shared.election.campaign({ holder: `${hostname()}:${process.pid}`, url: self }, withdrawn.signal);
      if (reign === undefined) return;
      const why = await reignAs(reign).catch((error: Error) => error.message);
      if (why === STOPPING) return;
      logger?.warn(`this engine leads no more: ${why}`);
      onNews?.(`this engine leads no more: ${why}`);
      if (why === ABDICATED) await rest(AFTER_YOU_MS, withdrawn.signal);
      else if (why.startsWith(FAILED)) await rest(AFTER_FAILURE_MS, withdrawn.signal);
    }
  };
  const campaigning = campaign();
  campaigning.catch((error) => logger?.fatal(error));
  opened.push(async () => {
    withdrawn.abort();
    await campaigning.catch(() => undefined);
    await ending;
    await follower?.stop();
  });
  return {
    url: tcp.address,
    socketPath,
    tokenFile: shared.tokenFile,
    role: () => (leading === undefined ? 'standby' : 'leader'),
    leading: () => leading,
    elected: () => (leading === undefined ? new Promise((resolve) => waiting.add(resolve)) : Promise.resolve(leading)),
    broken: shared.log.broken.then((why) => {
      withdrawn.abort();
      return why;
    }),
    close: () => closeAll(opened),
  };
};

const FAILED = 'it could not:';
const STOPPING = 'it stops';
const ABDICATED = 'it was asked to';
