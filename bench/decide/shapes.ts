import type { App, Cluster, Host } from './cluster.ts';

/** What is placed where. Instances of `before` are there already; of `measured` the time counts. */
export type Shape = {
  readonly about: string;
  readonly hosts: number;
  readonly hostOf: (nth: number) => Host;
  readonly before?: readonly App[];
  readonly measured: readonly App[];
  /** How many are asked for at once, of one app after the other. */
  readonly wave?: number;
  /** What happens between two waves besides. */
  readonly meanwhile?: (cluster: Cluster, wave: number) => void;
  /** What is published for it, per second. */
  readonly floor?: number;
};

const apps = (count: number, of: (nth: number) => App): readonly App[] => Array.from({ length: count }, (_, nth) => of(nth));

/** As nodes and pods of Kubernetes' scheduler_perf are: 4 cores and 32 GiB, a tenth of a core and 500 MB. */
const NODE: Host = { cpus: 4, mem: 32_768 };
const POD = { cpus: 0.1, mem: 477 };
const LARGE = { cpus: 9, mem: 477 };
const inZone =
  (...zones: readonly string[]) =>
  (nth: number): Host => ({ ...NODE, zone: zones[nth % zones.length] as string });

const FIVE_THOUSAND = { hosts: 5000, hostOf: (): Host => NODE };

/** Every so many placements something happens that the published run has five times a second, at 600 placements a second. */
const WAVE = 120;

export const SHAPES: Readonly<Record<string, Shape>> = {
  verizon: {
    about: '4 apps of 12,500 on 1,000 hosts',
    hosts: 1000,
    hostOf: () => ({ cpus: 24, mem: 65_536 }),
    measured: apps(4, (nth) => ({ id: `/app${nth}`, cpus: 0.1, mem: 32, instances: 12_500 })),
  },
  c1m: {
    about: '1,000 apps of 1,000, each bound to one of 5 classes of 5,000 hosts',
    hosts: 5000,
    hostOf: (nth) => ({ cpus: 8, mem: 16_384, attributes: { class: `class_${nth % 5}` } }),
    measured: apps(1000, (nth) => ({
      id: `/app${nth}`,
      cpus: 0.02,
      mem: 15,
      instances: 1000,
      constraints: [['class', 'IS', `class_${nth % 5}`]],
    })),
    wave: 1000,
  },
  c2m: {
    about: '200 of 2,000 apps of 1,000 on 6,100 hosts',
    hosts: 6100,
    hostOf: () => ({ cpus: 24, mem: 65_536 }),
    measured: apps(200, (nth) => ({ id: `/app${nth}`, cpus: 0.05, mem: 30, instances: 1000 })),
    wave: 1000,
  },
  racks: {
    about: '10 apps of 5,000, each even over 50 racks of 5,000 hosts',
    hosts: 5000,
    hostOf: (nth) => ({ cpus: 8, mem: 16_384, attributes: { rack: `rack${nth % 50}` } }),
    measured: apps(10, (nth) => ({ id: `/app${nth}`, cpus: 0.1, mem: 32, instances: 5000, constraints: [['rack', 'GROUP_BY']] })),
  },
  basic: {
    about: 'SchedulingBasic, 10,000',
    ...FIVE_THOUSAND,
    before: [{ id: '/before', ...POD, instances: 1000 }],
    measured: [{ id: '/pods', ...POD, instances: 10_000 }],
    floor: 680,
  },
  basicLarge: {
    about: 'SchedulingBasic, 50,000',
    ...FIVE_THOUSAND,
    before: [{ id: '/before', ...POD, instances: 5000 }],
    measured: [{ id: '/pods', ...POD, instances: 50_000 }],
    floor: 810,
  },
  daemonSet: {
    about: 'SchedulingDaemonset: 30,000 bound to one of 15,001 hosts by its name',
    hosts: 15_001,
    hostOf: (nth) => (nth === 15_000 ? { cpus: 4000, mem: 32_768_000, attributes: { name: 'scheduler-perf-node' } } : NODE),
    measured: [{ id: '/pods', ...POD, instances: 30_000, constraints: [['name', 'IS', 'scheduler-perf-node']] }],
    floor: 1100,
  },
  nodeAffinity: {
    about: 'SchedulingNodeAffinity: in one of two zones',
    hosts: 5000,
    hostOf: inZone('zone1'),
    before: [{ id: '/before', ...POD, instances: 5000, constraints: [['@zone', 'LIKE', 'zone1|zone2']] }],
    measured: [{ id: '/pods', ...POD, instances: 10_000, constraints: [['@zone', 'LIKE', 'zone1|zone2']] }],
    floor: 220,
  },
  podAffinity: {
    about: 'SchedulingPodAffinity: in the zone of the others',
    hosts: 5000,
    hostOf: inZone('zone1'),
    before: [{ id: '/others', ...POD, instances: 5000, placement: { affinity: [{ app: '/others', field: '@zone' }] } }],
    measured: [{ id: '/pods', ...POD, instances: 5000, placement: { affinity: [{ app: '/others', field: '@zone' }] } }],
    floor: 35,
  },
  preferredPodAffinity: {
    about: 'SchedulingPreferredPodAffinity: had better be on hosts of the others',
    ...FIVE_THOUSAND,
    before: [{ id: '/others', ...POD, instances: 5000, placement: { affinity: [{ app: '/others', weight: 1 }] } }],
    measured: [{ id: '/pods', ...POD, instances: 5000, placement: { affinity: [{ app: '/others', weight: 1 }] } }],
    floor: 90,
  },
  podAntiAffinity: {
    about: 'SchedulingPodAntiAffinity: one per host, and none beside the others',
    ...FIVE_THOUSAND,
    before: [{ id: '/others', ...POD, instances: 1000, placement: { antiAffinity: [{ app: '/others' }, { app: '/pods' }] } }],
    measured: [{ id: '/pods', ...POD, instances: 2000, placement: { antiAffinity: [{ app: '/others' }, { app: '/pods' }] } }],
    floor: 60,
  },
  preferredPodAntiAffinity: {
    about: 'SchedulingPreferredPodAntiAffinity: had better be on hosts without the others',
    ...FIVE_THOUSAND,
    before: [{ id: '/others', ...POD, instances: 5000, placement: { antiAffinity: [{ app: '/others', weight: 1 }] } }],
    measured: [{ id: '/pods', ...POD, instances: 5000, placement: { antiAffinity: [{ app: '/others', weight: 1 }] } }],
    floor: 90,
  },
  podAntiAffinityFull: {
    about: 'one per host until the last host has one',
    ...FIVE_THOUSAND,
    measured: [{ id: '/pods', ...POD, instances: 5000, constraints: [['hostname', 'UNIQUE']] }],
    floor: 60,
  },
  topologySpreading: {
    about: 'TopologySpreading: even over three zones',
    hosts: 5000,
    hostOf: inZone('moon-1', 'moon-2', 'moon-3'),
    before: [{ id: '/before', ...POD, instances: 5000 }],
    measured: [{ id: '/pods', ...POD, instances: 5000, constraints: [['@zone', 'GROUP_BY']] }],
    floor: 460,
  },
  preferredTopologySpreading: {
    about: 'PreferredTopologySpreading: had better be where few of its own are, by zone',
    hosts: 5000,
    hostOf: inZone('moon-1', 'moon-2', 'moon-3'),
    before: [{ id: '/before', ...POD, instances: 5000 }],
    measured: [{ id: '/pods', ...POD, instances: 5000, placement: { antiAffinity: [{ app: '/pods', field: '@zone', weight: 1 }] } }],
    floor: 340,
  },
  unschedulable: {
    about: 'Unschedulable: 10,000 among 20,000, while ever more come for whom there is no room',
    ...FIVE_THOUSAND,
    before: [{ id: '/before', ...POD, instances: 20_000 }],
    measured: [{ id: '/pods', ...POD, instances: 10_000 }],
    wave: WAVE,
    meanwhile: (cluster, wave) => {
      cluster.app({ id: `/large${wave}`, ...LARGE, instances: 1 });
      cluster.ask(`/large${wave}`, 1);
    },
    floor: 600,
  },
  mixedChurn: {
    about: 'SchedulingWithMixedChurn: a host and an instance too large for any come and go',
    ...FIVE_THOUSAND,
    measured: [{ id: '/pods', ...POD, instances: 10_000 }],
    wave: WAVE,
    meanwhile: (cluster, wave) => {
      if (wave > 0) cluster.loseHost(`churned${wave - 1}`);
      cluster.host(`churned${wave}`, NODE);
      cluster.app({ id: `/large${wave}`, ...LARGE, instances: 1 });
      cluster.ask(`/large${wave}`, 1);
    },
    floor: 710,
  },
  backlog: {
    about: 'much as SchedulingWhileGated: 10,000 apps for which there is no room wait, each for another size, while others come and end',
    ...FIVE_THOUSAND,
    before: [
      { id: '/ending', ...POD, instances: 20_000 },
      ...apps(10_000, (nth) => ({ id: `/large${nth}`, cpus: 5 + nth / 1000, mem: 477, instances: 1 })),
    ],
    measured: [{ id: '/pods', ...POD, instances: 20_000 }],
    wave: WAVE,
    meanwhile: (cluster) => {
      for (let nth = 0; nth < WAVE; nth++) cluster.end('/ending');
    },
    floor: 910,
  },
};
