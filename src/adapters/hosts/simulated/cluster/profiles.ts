import type { ClusterProfileText } from './description.ts';

/** A server to the simulation, and to sh: no timer waits for its end. */
const FOREVER = 'sleep infinity';
const KERNELS = ['5.15', '6.1', '6.8'];

/**
 * Built-in profiles. `verizon`, `c1m` and `c2m` have the shapes of the records of that name; their hosts answer at once, so that what is
 * measured is the engine. `chaos` and `buildfarm` have latencies and faults.
 */
export const PROFILES: Readonly<Record<string, ClusterProfileText>> = {
  verizon: {
    name: 'verizon',
    about: '4 apps of 12,500 instances on 1,000 equal hosts; 24,000 cores',
    hosts: { count: 1_000, classes: [{ name: 'standard', cpus: 24, mem: 98_304 }], zones: 4, racks: 25 },
    workload: { apps: 4, instances: 12_500, templates: [{ definition: { cmd: FOREVER, cpus: 0.1, mem: 32 } }] },
  },
  c1m: {
    name: 'c1m',
    about: '1,000 apps of 1,000 instances on 5,000 hosts of 5 classes, each app bound to one class; 64 submitters',
    hosts: {
      count: 5_000,
      classes: [1, 2, 3, 4, 5].map((nth) => ({ name: `class-${nth}`, cpus: 16, mem: 65_536, attributes: { kernel: KERNELS } })),
      zones: 5,
      racks: 125,
    },
    workload: {
      apps: 1_000,
      instances: 1_000,
      submitters: 64,
      templates: [1, 2, 3, 4, 5].map((nth) => ({
        definition: { cmd: FOREVER, cpus: 0.02, mem: 15, disk: 10, portDefinitions: [], constraints: [['class', 'IS', `class-${nth}`]] },
      })),
    },
  },
  c2m: {
    name: 'c2m',
    about: '2,000 apps of 1,000 instances on 6,100 hosts in 10 regions; 75 submitters',
    hosts: {
      count: 6_100,
      classes: [{ name: 'spot', cpus: 36, mem: 73_728, attributes: { kernel: KERNELS } }],
      regions: 10,
      zones: 30,
      racks: 150,
    },
    workload: {
      apps: 2_000,
      instances: 1_000,
      submitters: 75,
      templates: [{ definition: { cmd: FOREVER, cpus: 0.05, mem: 30, disk: 10, portDefinitions: [] } }],
    },
  },
  chaos: {
    name: 'chaos',
    about: 'slow and unreliable: failed starts, crashes, lost answers, hosts that reboot, flap or are lost, racks that are lost',
    hosts: {
      count: 100,
      classes: [
        { name: 'big', share: 1, cpus: 32, mem: 131_072, attributes: { kernel: KERNELS } },
        { name: 'small', share: 3, cpus: 8, mem: 32_768, attributes: { kernel: KERNELS } },
      ],
      regions: 1,
      zones: 3,
      racks: 10,
    },
    latencies: {
      start: { medianMs: 400, p99Ms: 4_000 },
      pull: { medianMs: 3_000, p99Ms: 30_000 },
      stop: { medianMs: 100, p99Ms: 2_000 },
      call: { medianMs: 5, p99Ms: 200 },
    },
    faults: {
      crashesPerHostHour: 6,
      startFailureRate: 0.02,
      startFailure: 'ImagePullFailed',
      lostAcknowledgementRate: 0.01,
      lostHintRate: 0.05,
      hostLoss: { perHostHour: 0.3, down: { medianSeconds: 20, p99Seconds: 300 } },
      reboot: { perHostHour: 0.2, down: { medianSeconds: 30, p99Seconds: 120 } },
      rackLoss: { perRackHour: 0.2, down: { medianSeconds: 60, p99Seconds: 600 } },
      flapping: { share: 0.03, everySeconds: 60, down: { medianSeconds: 8, p99Seconds: 30 } },
    },
    workload: {
      apps: 20,
      instances: 25,
      templates: [
        { share: 3, definition: { cmd: FOREVER, cpus: 0.5, mem: 512, container: { docker: { image: 'example/web' } } } },
        { share: 1, definition: { cmd: FOREVER, cpus: 1, mem: 1_024, constraints: [['rack', 'GROUP_BY']] } },
      ],
    },
  },
  buildfarm: {
    name: 'buildfarm',
    about: 'builds as short-lived apps that come and go on 64 hosts, 6,000 a day',
    hosts: {
      count: 64,
      classes: [
        { name: 'builder', share: 7, cpus: 16, mem: 65_536, attributes: { kernel: KERNELS, disk: ['nvme', 'ssd'] } },
        { name: 'gpu-builder', share: 1, cpus: 32, mem: 131_072, gpus: 2, attributes: { kernel: '6.8', disk: 'nvme' } },
      ],
      zones: 2,
      racks: 4,
    },
    latencies: {
      start: { medianMs: 250, p99Ms: 2_500 },
      pull: { medianMs: 4_000, p99Ms: 40_000 },
      stop: { medianMs: 200, p99Ms: 3_000 },
      call: { medianMs: 2, p99Ms: 40 },
    },
    faults: {
      startFailureRate: 0.001,
      lostAcknowledgementRate: 0.001,
      reboot: { perHostHour: 0.01, down: { medianSeconds: 90, p99Seconds: 600 } },
    },
    workload: {
      apps: 6_000,
      instances: 1,
      submitters: 16,
      templates: [
        { share: 9, definition: { cmd: FOREVER, cpus: 2, mem: 4_096, container: { docker: { image: 'example/build' } } } },
        { share: 1, definition: { cmd: FOREVER, cpus: 8, mem: 16_384, container: { docker: { image: 'example/build-all' } } } },
      ],
      arrivals: { perHour: 250, lifetime: { medianSeconds: 180, p99Seconds: 3_600 } },
    },
  },
};
