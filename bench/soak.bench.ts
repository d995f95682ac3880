/**
 * A week of a build farm on 46 hosts, in simulated time: each build is an app of one instance, which is destroyed when the build ends. Builds
 * come by a Poisson process that follows the hours of a day, and take five minutes in the middle. What has ended is archived every night. Does
 * memory stay flat, what does the log keep of a build, how full are the hosts, and how long does a build wait for its place?
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { simulatedClock } from '../src/adapters/clock/simulatedClock.ts';
import { seededRandom } from '../src/adapters/hosts/simulated/random.ts';
import { keyOf } from '../src/domain/kernel/ids.ts';
import type { StoredFact } from '../src/domain/kernel/ports.ts';
import type { RetentionCommand } from '../src/domain/retention/retention.commands.ts';
import { ARCHIVABLE, RETENTION_LOG } from '../src/domain/retention/retention.facts.ts';
import { archiveEnded } from '../src/logs/retention.ts';
import { runBench } from './harness/bench.ts';
import { type Cluster, openCluster } from './harness/cluster.ts';
import { logBytes, peakRssBytes, startMeter } from './harness/meter.ts';
import { runDir } from './harness/runDir.ts';
import { quantile } from './harness/spread.ts';
import { buildMs, busiest, untilNext } from './soak/builds.ts';
import { stillness } from './soak/stillness.ts';

/** A Monday. */
const START = Date.UTC(2030, 0, 7);
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Rarer looks than usual, at that speed. A node is lost after three of them without an answer. */
const PACE = { heartbeatMs: 120_000, pingDeadlineMs: 60_000, missedMax: 3, inventoryMs: HOUR_MS };
/** Of one build. */
const CPUS = 1;
const MEM = 2_048;

type Build = { readonly askedAt: number; readonly takes: number };

/** Builds that run, over time. */
const occupancy = (begun: number) => {
  let [running, since, area] = [0, begun, 0];
  const byHour: number[] = [];
  return {
    change: (by: number, now: number): void => {
      area += running * (now - since);
      byHour[Math.floor((now - begun) / HOUR_MS)] = area;
      running += by;
      since = now;
    },
    mean: (now: number): number => (area + running * (now - since)) / (now - begun),
    busiestHour: (): number => byHour.reduce((most, area, hour) => Math.max(most, (area - (byHour[hour - 1] ?? area)) / HOUR_MS), 0),
  };
};

await runBench({
  name: 'soak',
  options: { builds: 6_000, days: 7, hosts: 46, slots: 0, archive: 1 },
  runs: 1,
  flags: ['--expose-gc', '--max-old-space-size=8192'],
  run: async ({ builds, days, hosts, slots, archive }, say) => {
    const slotsOfHost = slots || Math.ceil((busiest(builds) * 1.1) / hosts);
    const clock = simulatedClock(START);
    const random = seededRandom(11);
    const still = stillness();
    const dir = await mkdtemp(join(runDir(), 'wharf-soak-'));
    /** Whatever waits for time gets it. */
    const inTime = async <A>(work: Promise<A>): Promise<A> => {
      let isThere = false;
      void work.finally(() => {
        isThere = true;
      });
      while (!isThere) {
        await still.settled();
        if (!isThere) clock.advance(10);
      }
      return work;
    };
    const cluster: Cluster = await inTime(
      openCluster({
        clock,
        dir,
        pace: PACE,
        remainsKeptMs: 60_000,
        synchronous: 'OFF',
        watched: still.watched,
        profile: { startMs: [500, 3_000] },
      }),
    );
    await inTime(cluster.addHosts(hosts, { cpus: slotsOfHost * CPUS, mem: slotsOfHost * MEM }));
    for (const noun of ARCHIVABLE) {
      const command: RetentionCommand = { type: 'SetRetentionPolicy', noun, keepDays: 0 };
      await inTime(cluster.submit(RETENTION_LOG, command));
    }
    await still.settled();

    const farm = new Map<string, Build>();
    const busy = occupancy(clock.now());
    const queuedMs: number[] = [];
    let [asked, ended] = [0, 0];
    let failed: Error | undefined;
    const fail = (error: Error): void => {
      failed ??= error;
    };
    const ask = (): void => {
      const id = `/builds/${++asked}`;
      farm.set(id, { askedAt: clock.now(), takes: buildMs(random) });
      cluster.deploy({ id, cmd: 'serve', cpus: CPUS, mem: MEM, instances: 1, portDefinitions: [] }).catch(fail);
      clock.schedule(untilNext(builds, clock.now() - START, random), ask);
    };
    const take = (batch: readonly StoredFact[]): void => {
      for (const { type, stream } of batch) {
        if (!type.startsWith('ContainerStarted.')) continue;
        const row = cluster.views.instances.get(keyOf(stream));
        const build = farm.get(row?.app ?? '');
        if (row === undefined || build === undefined) throw new Error(`${stream} belongs to no build`);
        queuedMs.push((row.placedAt ?? Number.NaN) - build.askedAt);
        busy.change(1, clock.now());
        clock.schedule(build.takes, () => {
          busy.change(-1, clock.now());
          farm.delete(row.app);
          ended++;
          cluster.destroy(row.app).catch(fail);
        });
      }
    };
    await cluster.log.subscribe(cluster.log.head(), take);
    const metered = startMeter(cluster.log);
    const begun = clock.now();
    clock.schedule(untilNext(builds, begun - START, random), ask);

    const heapByDay: number[] = [];
    const logByDay: number[] = [];
    const buildsByDay: number[] = [];
    for (let day = 1; day <= days; day++) {
      const until = begun + day * DAY_MS;
      for (let next = clock.nextDue(); next !== undefined && next < until; next = clock.nextDue()) {
        clock.advanceTo(next);
        await still.settled();
        if (failed !== undefined) throw failed;
      }
      clock.advanceTo(until);
      await still.settled();
      if (archive > 0) {
        await archiveEnded({ engine: cluster.engine, logFile: cluster.path, directory: dir });
        await still.settled();
      }
      // What a collection lets go outside the heap is gone a turn later.
      for (let turn = 0; turn < 3; turn++) {
        globalThis.gc?.();
        await new Promise<void>((go) => setImmediate(go));
      }
      const { heapUsed, external } = process.memoryUsage();
      heapByDay.push(heapUsed + external);
      logByDay.push(logBytes(cluster.path));
      buildsByDay.push(ended);
      say(
        `day ${day}: ${asked} builds, ${farm.size} under way, heap ${Math.round((heapUsed + external) / 2 ** 20)} MiB, log ${Math.round((logByDay.at(-1) ?? 0) / 2 ** 20)} MiB`,
      );
    }
    const { facts, fsyncs: _, ...spent } = metered();
    const apps = [...cluster.views.apps.all()].length;
    if (apps > farm.size + 1) throw new Error(`${apps} apps are left of ${farm.size} builds under way`);
    if (queuedMs.length < ended) throw new Error(`${ended} builds ended, ${queuedMs.length} started`);
    const total = slotsOfHost * hosts;
    const later = ended - (buildsByDay[0] ?? 0) || Number.NaN;
    const grown = (series: readonly number[]): number => ((series.at(-1) ?? 0) - (series[0] ?? 0)) / later;
    await cluster.close();
    await rm(dir, { recursive: true });
    return {
      ...spent,
      timesRealTime: (days * 86_400) / spent.wallSeconds,
      buildsEnded: ended,
      mainMillisPerBuild: (spent.cpuSeconds.mainThread * 1000) / ended,
      places: total,
      utilisation: busy.mean(clock.now()) / total,
      utilisationBusiestHour: busy.busiestHour() / total,
      queueSeconds: { p50: quantile(queuedMs, 0.5) / 1000, p99: quantile(queuedMs, 0.99) / 1000, max: quantile(queuedMs, 1) / 1000 },
      heapByDay,
      logByDay,
      // Of the days after the first.
      heapGrowthPerBuild: days > 1 ? grown(heapByDay) : 0,
      logGrowthPerBuild: days > 1 ? grown(logByDay) : 0,
      factsPerBuild: facts / ended,
      peakRssBytes: peakRssBytes(),
    };
  },
});
