import { dirname, join } from 'node:path';
import { either as E } from 'fp-ts';
import { startEngine } from '../../src/actors/engine.ts';
import { simulatedHosts } from '../../src/adapters/hosts/simulated/simulatedHosts.ts';
import { createHttp } from '../../src/adapters/http/http.ts';
import { randomIds } from '../../src/adapters/ids/randomIds.ts';
import { sealerOf } from '../../src/adapters/keys/sealer.ts';
import { openKeys } from '../../src/adapters/keys/sqliteKeys.ts';
import { openSqliteLog } from '../../src/adapters/log/sqlite/sqliteLog.ts';
import { streamOf } from '../../src/domain/kernel/ids.ts';
import type { NodeCommand } from '../../src/domain/node/node.commands.ts';
import { sentenceOf } from '../../src/projections/sentences.ts';
import { createViews } from '../../src/projections/views.ts';
import { VERSION } from '../../src/version.ts';
import { hurriedClock } from './hurriedClock.ts';

export const NODES = 1_000;
/** How much quicker than the machine's own the cluster's clock goes. */
const HURRY = 120;
const START = Date.UTC(2030, 0, 7);
/** Rarer looks than usual, for a thousand hosts at that speed. A node is lost after three of them without an answer. */
const PACE = { heartbeatMs: 120_000, pingDeadlineMs: 60_000, missedMax: 3, inventoryMs: 3_600_000 };
/** Until it is surely seen that a host is away, ms. */
export const LOST_AFTER_MS = (PACE.missedMax + 1) * PACE.heartbeatMs + PACE.pingDeadlineMs;

/** The real engine over a new log in a file, with its API, simulated hosts and a clock in a hurry. Its keys lie beside the log. */
export const startCluster = async (path: string) => {
  // What is half made when the machine stops is thrown away: nothing here needs to be on disk at once.
  const log = await openSqliteLog({ path, synchronous: 'OFF' });
  const keys = openKeys(join(dirname(path), 'keys.sqlite'));
  const clock = hurriedClock(START, HURRY);
  const hosts = simulatedHosts({ seed: 7, clock, profile: { startMs: [200, 4_000], stopMs: [100, 2_000] } });
  const views = createViews();
  const ids = randomIds();
  const engine = await startEngine({
    log,
    clock,
    ids,
    sealer: sealerOf(keys),
    views,
    probe: async () => ({ _tag: 'Succeeded' }),
    holder: 'bench',
    pace: PACE,
    remainsKeptMs: 60_000,
    openHost: async (node, _endpoint, { portRanges: _, ...offer }) => hosts.host(node, offer),
    probeOffer: () => async () => E.left({ _tag: 'HostUnreachable', message: 'simulated' }),
  });
  const http = createHttp({ engine, sentenceOf, auth: 'none', version: VERSION });
  await Promise.all(
    Array.from({ length: NODES }, async (_, nth) => {
      const answer = await engine.submit(streamOf('node', nodeName(nth)), nodeCommand(nth), { id: ids.next(), by: 'bench', body: {} });
      if (E.isLeft(answer)) throw new Error(JSON.stringify(answer.left));
    }),
  );
  return {
    log,
    clock,
    views,
    host: (nth: number) => hosts.host(nodeName(nth), offerOf(nodeName(nth))),
    hostNamed: (node: string) => hosts.host(node, offerOf(node)),
    /** @returns the status; a refusal is part of a cluster's life */
    ask: async (method: 'POST' | 'PUT', url: string, body?: unknown): Promise<number> => {
      const answer = await http.inject({
        method,
        url,
        headers: { host: 'localhost', ...(body !== undefined && { 'content-type': 'application/json' }) },
        ...(body !== undefined && { payload: JSON.stringify(body) }),
      });
      if (answer.statusCode >= 400 && answer.statusCode !== 409) throw new Error(`${method} ${url}: ${answer.statusCode} ${answer.body}`);
      return answer.statusCode;
    },
    close: async () => {
      await http.close();
      await engine.stop();
      await log.close();
      keys.close();
    },
  };
};

export type Cluster = Awaited<ReturnType<typeof startCluster>>;

const nodeName = (nth: number): string => `h${String(nth).padStart(4, '0')}`;
const offerOf = (node: string) => ({ hostname: node, address: '127.0.0.1', cpus: 64, mem: 262_144, disk: 1_000_000, gpus: 0 });

const nodeCommand = (nth: number): NodeCommand => ({
  type: 'RegisterNode',
  endpoint: { kind: 'simulated', seed: 7 },
  offer: { ...offerOf(nodeName(nth)), portRanges: [[31_000, 33_000]] },
  attributes: { rack: `r${nth % 20}` },
  roles: ['*'],
  warnings: [],
});
