/**
 * Time from the end of a leader to its successor's first decision: engines in processes of their own on one store, the leader ended by
 * SIGKILL, the first fact that its successor records (`LeaseTaken` of the next term) seen by who follows the store. After a kill the
 * successor waits for the lease; after an end in order (SIGTERM) it does not.
 *   node bench/failover.bench.ts [--json] [--n 10] [--lease 1000]
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, loadavg, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openWire } from '../src/adapters/log/esdb/client/wire.ts';
import { ENGINE_LEASE } from '../src/domain/lease/lease.ts';
import { startEngines } from '../test/support/engines.ts';

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, n: { type: 'string', default: '10' }, lease: { type: 'string', default: '1000' } },
});
const n = Number(values.n);
const leaseMs = Number(values.lease);

const folder = await mkdtemp(join(tmpdir(), 'wharf-failover-'));
const engines = await startEngines(folder, 2, { leaseMs });
const wire = openWire(engines.store.connection);
let decided = (): void => {};
const following = await wire.followAll(undefined, [ENGINE_LEASE], ({ _tag }) => {
  if (_tag === 'Event') decided();
});

/** @returns ms from the end of the leader to the next decision, by this process's clock */
const succession = async (end: 'kill' | 'stop'): Promise<number> => {
  const { nth, member } = await engines.leader();
  const next = Promise.withResolvers<void>();
  const begun = performance.now();
  decided = next.resolve;
  const ended = member[end]();
  await next.promise;
  const took = performance.now() - begun;
  await ended;
  await engines.restart(nth);
  return took;
};

const killed: number[] = [];
const stopped: number[] = [];
try {
  await engines.leader();
  for (let round = 0; round < n; round++) {
    killed.push(await succession('kill'));
    stopped.push(await succession('stop'));
  }
} finally {
  following.cancel();
  await wire.close();
  await engines.stop();
  await rm(folder, { recursive: true, force: true });
}

const spread = (figures: readonly number[]) => {
  const sorted = figures.toSorted((a, b) => a - b).map(Math.round);
  return { min: sorted[0] ?? 0, median: sorted[sorted.length >> 1] ?? 0, max: sorted.at(-1) ?? 0 };
};
const result = {
  name: 'failover',
  machine: `${cpus().length} × ${cpus()[0]?.model}, ${Math.round(totalmem() / 2 ** 30)} GiB, node ${process.version}`,
  loadAverage: loadavg()[0],
  n,
  leaseMs,
  killed: spread(killed),
  stopped: spread(stopped),
};
if (values.json) console.log(JSON.stringify(result));
else {
  console.log(`From the end of a leader to its successor's first decision, ms, ${n} times each, lease ${leaseMs} ms (${result.machine})`);
  console.table([
    { leader: 'killed', ...result.killed },
    { leader: 'ended in order', ...result.stopped },
  ]);
}
process.exit(0);
