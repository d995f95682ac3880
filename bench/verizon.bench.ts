/** 50,000 instances of four apps on 1,000 hosts, as on stage in 2015: from the commands to deploy until all of them are launched. */
import { runBench } from './harness/bench.ts';
import { launchFleet } from './harness/fleet.ts';

const APPS = 4;

await runBench({
  name: 'verizon',
  options: { instances: 50_000, hosts: 1_000 },
  run: ({ instances, hosts }, say) =>
    launchFleet(
      {
        hosts,
        size: { cpus: 24, mem: 65_536 },
        apps: APPS,
        appOf: (nth) => ({ id: `/app${nth}`, cmd: 'serve', cpus: 0.1, mem: 32, instances: Math.ceil(instances / APPS) }),
        submitters: APPS,
      },
      say,
    ),
});
