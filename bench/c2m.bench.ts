/** Two million instances on 6,100 hosts: 2,000 apps of 1,000, from 75 submitters; is the last tenth as fast as the first? */
import { runBench } from './harness/bench.ts';
import { launchFleet } from './harness/fleet.ts';

const EACH = 1_000;
const SUBMITTERS = 75;

await runBench({
  name: 'c2m',
  options: { apps: 2_000, hosts: 6_100 },
  flags: ['--max-old-space-size=18432'],
  run: ({ apps, hosts }, say) =>
    launchFleet(
      {
        hosts,
        size: { cpus: 32, mem: 65_536 },
        apps,
        appOf: (nth) => ({ id: `/sleeper${nth}`, cmd: 'serve', cpus: 0.05, mem: 30, instances: EACH, portDefinitions: [] }),
        submitters: SUBMITTERS,
      },
      say,
    ),
});
