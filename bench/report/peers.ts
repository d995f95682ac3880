/** What others published of themselves. */
export type Peer = {
  readonly name: string;
  readonly when: string;
  /** Launched or scheduled, instances a second. */
  readonly perSecond?: number;
  readonly figure: string;
  readonly conditions: string;
  readonly source: string;
};

export const DCOS: Peer = {
  name: 'DC/OS on stage (Verizon)',
  when: '2015',
  perSecond: 694,
  figure: '50,000 containers in 72 s at best; other reports of the same show say 90 s and 100 s',
  conditions: 'Marathon on 24,000 cores; the control plane’s machines were not published',
  source: 'https://mesosphere.com/blog/visualizing-50000-live-containers-how-we-built-our-mesoscon-15-demo',
};

export const C1M: Peer = {
  name: 'Nomad, a million containers',
  when: '2016',
  perSecond: 3_750,
  figure: '1,000,000 containers in less than 5 minutes',
  conditions: '5,000 hosts, 5 servers, 1,000 jobs of 1,000 tasks with constraints by class of node',
  source: 'https://www.hashicorp.com/c1m',
};

export const C2M: Peer = {
  name: 'Nomad, two million containers',
  when: '2020',
  perSecond: 1_499,
  figure: '2,000,000 containers in 22 min 14 s',
  conditions: '6,100 hosts in 10 regions, 3 servers, 2,000 jobs of 1,000 tasks, tracking of deployments turned off',
  source: 'https://www.hashicorp.com/c2m',
};

export const GKE: Peer = {
  name: 'Kubernetes, 130,000 nodes (GKE)',
  when: '2025',
  perSecond: 1_000,
  figure: '1,000 pods a second, created and bound',
  conditions: 'another store than etcd',
  source: 'https://cloud.google.com/blog/products/containers-kubernetes/how-we-built-a-130000-node-gke-cluster',
};

export const EKS: Peer = {
  name: 'Kubernetes, 100,000 nodes (EKS)',
  when: '2025',
  perSecond: 500,
  figure: '500 pods a second, scheduled',
  conditions: 'etcd without its own consensus, its data in memory',
  source: 'https://aws.amazon.com/blogs/containers/under-the-hood-amazon-eks-ultra-scale-clusters/',
};

export const GODEL: Peer = {
  name: 'Gödel (ByteDance), scheduler alone',
  when: '2023',
  perSecond: 5_000,
  figure: 'up to 5,000 pods a second, scheduled by several shards',
  conditions: 'tens of thousands of nodes',
  source: 'https://doi.org/10.1145/3620678.3624663',
};

export const SWARM: Peer = {
  name: 'Docker Swarm, 30,000 containers',
  when: '2015',
  figure: 'from command to container p50 230 ms, p90 250 ms, p99 400 ms; no noticeable difference between the first and the 30,000th',
  conditions: '1,000 hosts of 30 containers, 1 manager of 4 cores; real containers',
  source: 'https://www.docker.com/blog/scale-testing-docker-swarm-30000-containers/',
};

export const KUBERNETES: Peer = {
  name: 'Kubernetes, service level objectives',
  when: 'current',
  figure: 'p99 of reads of one object ≤ 1 s, of lists ≤ 30 s, of changes ≤ 1 s; start of a pod p99 ≤ 5 s',
  conditions: 'up to 5,000 nodes and 150,000 pods, at 20 changes a second at most',
  source: 'https://github.com/kubernetes/community/blob/master/sig-scalability/slos/slos.md',
};

export const MESOS: Peer = {
  name: 'Mesos, failover of the master',
  when: '2017',
  figure: '400,000 tasks of 40,000 agents known again after about 19 s (1.5.0, read off a graph); 106 s with 1.3.0',
  conditions: 'one laptop, agents in the same process; state rebuilt from what agents report',
  source: 'https://mesos.apache.org/blog/performance-working-group-progress-report/',
};

export const EBAY: Peer = {
  name: 'eBay’s build farm',
  when: '2015 and later',
  figure: '6,000 builds a day on 46 hosts; later about 43,000 builds a day',
  conditions: 'Jenkins on Mesos, later on Kubernetes; real builds',
  source: 'https://www.cloudbees.com/resources/ebay-ci-build-at-scale',
};
