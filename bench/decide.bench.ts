/**
 * The scheduler alone: placements per second of CPU on shapes of large clusters and on those of Kubernetes' scheduler_perf, with the rates
 * below which its own runs are alarmed, and how close packing comes to best fit. `--percent 10`: a tenth of the instances; `--shape 4`: the
 * fourth one only.
 */
import { Cluster } from './decide/cluster.ts';
import { compaction } from './decide/packing.ts';
import { SHAPES, type Shape } from './decide/shapes.ts';
import { runBench } from './harness/bench.ts';
import { peakRssBytes } from './harness/meter.ts';
import type { Figures } from './harness/spread.ts';

const MICROS = 1e6;
const LEAST_CPU_SECONDS = 0.3;

await runBench({
  name: 'decide',
  options: { percent: 100, shape: 0 },
  run: async ({ percent, shape: only }, say) => {
    const count = Object.keys(SHAPES).length;
    if (only > count) throw new Error(`--shape ${only}: there are ${count}, and 0 means all of them`);
    const cpu = process.cpuUsage();
    const main = process.threadCpuUsage();
    const begun = performance.now();
    const shapes: Record<string, Figures> = {};
    // What is compiled while the first one runs is no cost of it.
    await placementsOf(SHAPES.basic as Shape, 1);
    for (const [nth, [name, shape]] of Object.entries(SHAPES).entries()) {
      if (only !== 0 && only !== nth + 1) continue;
      shapes[name] = await placementsOf(shape, percent / 100);
      say(`${name} (${shape.about}): ${Math.round(shapes[name].perCpuSecond as number).toLocaleString('en')} placements per CPU second`);
    }
    const packing = only === 0 ? compaction(say) : {};
    const [all, own] = [process.cpuUsage(cpu), process.threadCpuUsage(main)];
    return {
      wallSeconds: (performance.now() - begun) / 1000,
      cpuSeconds: { process: (all.user + all.system) / MICROS, mainThread: (own.user + own.system) / MICROS },
      peakRssBytes: peakRssBytes(),
      shapes,
      packing,
    };
  },
});

/** Short ones are repeated until this much of CPU was measured, seconds. @throws Error where not all were placed */
async function placementsOf(shape: Shape, share: number, least = LEAST_CPU_SECONDS): Promise<Figures> {
  let [placed, cpuSeconds] = [0, 0];
  do {
    const round = await oneRound(shape, share);
    placed += round.placed;
    cpuSeconds += round.cpuSeconds;
  } while (cpuSeconds < least);
  const perCpuSecond = placed / cpuSeconds;
  const { floor } = shape;
  return { placed, perCpuSecond, ...(floor !== undefined && { floor, timesFloor: perCpuSecond / floor }) };
}

async function oneRound({ hosts, hostOf, before = [], measured, wave, meanwhile }: Shape, share: number) {
  const cluster = new Cluster();
  for (let nth = 0; nth < hosts; nth++) cluster.host(`n${nth}`, hostOf(nth));
  for (const app of before) {
    cluster.app(app);
    cluster.placedOf.set(app.id, []);
    cluster.ask(app.id, app.instances);
  }
  await cluster.settle();
  const asked = measured.map((app) => ({ ...app, instances: Math.max(1, Math.round(app.instances * share)) }));
  for (const app of asked) cluster.app(app);
  const there = cluster.placed;
  const cpu = process.threadCpuUsage();
  let waves = 0;
  for (const { id, instances } of asked)
    for (let done = 0; done < instances; done += wave ?? instances) {
      meanwhile?.(cluster, waves++);
      cluster.ask(id, Math.min(wave ?? instances, instances - done));
      await cluster.settle();
    }
  const { user, system } = process.threadCpuUsage(cpu);
  const placed = cluster.placed - there;
  const wanted = asked.reduce((sum, { instances }) => sum + instances, 0);
  if (placed !== wanted) throw new Error(`${placed} of ${wanted} were placed`);
  return { placed, cpuSeconds: (user + system) / MICROS };
}
