/** A million instances on 5,000 hosts of five classes: 1,000 apps of 1,000, each for one class, from 64 submitters. */
import { runBench } from './harness/bench.ts';
import { launchFleet } from './harness/fleet.ts';

const CLASSES = 5;
const EACH = 1_000;
const SUBMITTERS = 64;

await runBench({
  name: 'c1m',
  options: { apps: 1_000, hosts: 5_000 },
  flags: ['--max-old-space-size=3600'],
  run: ({ apps, hosts }, say) =>
    launchFleet(
      {
        hosts,
        size: { cpus: 8, mem: 30_720 },
        attributesOf: (nth) => ({ class: `class_${(nth % CLASSES) + 1}` }),
        apps,
        appOf: (nth) => ({
          id: `/classlogger${nth}`,
          cmd: 'serve',
          cpus: 0.02,
          mem: 15,
          instances: EACH,
          constraints: [['class', 'IS', `class_${(nth % CLASSES) + 1}`]],
          portDefinitions: [],
        }),
        submitters: SUBMITTERS,
      },
      say,
    ),
});
