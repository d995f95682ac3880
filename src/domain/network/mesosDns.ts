import { type DiscoveryPort, discoveryName } from './discovery.ts';
import { dnsLabel, domainFragment, hashLabel } from './dnsLabel.ts';

/** What Mesos-DNS knows of a task that runs. */
export type NamedTask = {
  /** Mesos task id. */
  readonly id: string;
  /** Mesos' name of it: the app's path reversed; of a pod the container's own. */
  readonly name: string;
  /** The app's id, absolute. */
  readonly app: string;
  readonly node: string;
  readonly nodeAddress: string;
  /** Addresses of its own; those of its node where it has none. */
  readonly addresses: readonly string[];
  readonly hostPorts: readonly number[];
  readonly ports: readonly DiscoveryPort[];
};

export type RecordType = 'A' | 'AAAA' | 'SRV' | 'TXT';
/** `host` is an address, for SRV `name.:port`, for TXT a text. Names are absolute: they end in a dot. */
export type DnsRecord = { readonly name: string; readonly type: RecordType; readonly host: string };

export type ZoneOf = {
  /** Such as `mesos`. */
  readonly domain: string;
  readonly framework: { readonly name: string; readonly address: string; readonly port: number };
  readonly leader: { readonly address: string; readonly port: number };
  /** Addresses of the nodes, with the port that Mesos' agents have. */
  readonly nodes: readonly { readonly address: string; readonly port: number }[];
  readonly tasks: readonly NamedTask[];
};

export type Zone = {
  /** In the order in which they arise, each once. */
  readonly records: readonly DnsRecord[];
  /** What each task brought, by task id. */
  readonly ofTask: ReadonlyMap<string, readonly DnsRecord[]>;
};

/** SHA-1 as the platform has it; the domain computes no hashes itself. */
export type Sha1 = (text: string) => Uint8Array;

/** Every name that Mesos-DNS would serve for this cluster. */
export const zoneOf = (cluster: ZoneOf, sha1: Sha1): Zone => {
  const records: DnsRecord[] = [];
  const seen = new Set<string>();
  const add = (record: DnsRecord): boolean => {
    const key = `${record.type} ${record.name} ${record.host}`;
    if (seen.has(key)) return false;
    seen.add(key);
    records.push(record);
    return true;
  };
  for (const record of infrastructure(cluster)) add(record);
  const ofTask = new Map<string, readonly DnsRecord[]>();
  for (const task of cluster.tasks) ofTask.set(task.id, taskRecords(task, cluster, sha1).filter(add));
  return { records, ofTask };
};

/** None for a node that is known by a name only: that name is in another zone. */
export function* address(name: string, host: string): Generator<DnsRecord> {
  if (host.includes(':')) yield { name, type: 'AAAA', host };
  else if (/^\d+(?:\.\d+){3}$/.test(host)) yield { name, type: 'A', host };
}

export const service = (name: string, target: string, port: number): DnsRecord => ({ name, type: 'SRV', host: `${target}:${port}` });

export function* infrastructure({ domain, framework, leader, nodes }: Omit<ZoneOf, 'tasks'>): Generator<DnsRecord> {
  const own = `${domainFragment(framework.name)}.${domain}.`;
  yield* address(own, framework.address);
  yield service(`_framework._tcp.${own}`, own, framework.port);
  for (const node of nodes) {
    yield* address(`slave.${domain}.`, node.address);
    yield service(`_slave._tcp.${domain}.`, `slave.${domain}.`, node.port);
  }
  for (const name of ['leader', 'master', 'master0']) yield* address(`${name}.${domain}.`, leader.address);
  for (const protocol of ['_tcp', '_udp']) yield service(`_leader.${protocol}.${domain}.`, `leader.${domain}.`, leader.port);
}

/** A task is found by its name as Marathon writes it, dots and all, and by the same as one label. */
export const taskRecords = (
  task: NamedTask,
  { domain, framework }: { readonly domain: string; readonly framework: { readonly name: string } },
  sha1: Sha1,
): readonly DnsRecord[] => {
  const dotted = discoveryName(task.app);
  const parent = domainFragment(framework.name);
  const unique = uniqueLabel(task, sha1);
  return [...new Set([dotted, dnsLabel(dotted)])].flatMap((name) => [...named(name, `${name}-${unique}.${parent}`, parent, domain, task)]);
};

function* named(name: string, canonical: string, parent: string, domain: string, task: NamedTask): Generator<DnsRecord> {
  for (const own of firstOfEachFamily(task.addresses)) {
    yield* address(`${name}.${parent}.${domain}.`, own);
    yield* address(`${canonical}.${domain}.`, own);
  }
  yield* address(`${name}.${parent}.slave.${domain}.`, task.nodeAddress);
  yield* address(`${canonical}.slave.${domain}.`, task.nodeAddress);
  for (const port of task.hostPorts)
    for (const protocol of ['_tcp', '_udp'])
      yield service(`_${name}.${protocol}.${parent}.slave.${domain}.`, `${canonical}.slave.${domain}.`, port);
  for (const { number, protocol, name: portName } of task.ports) {
    const label = dnsLabel(portName ?? '');
    for (const prefix of label === '' ? [''] : ['', `_${label}.`])
      yield service(`${prefix}_${name}._${protocol}.${parent}.${domain}.`, `${canonical}.${domain}.`, number);
  }
}

export const firstOfEachFamily = (addresses: readonly string[]): readonly string[] =>
  [addresses.find((each) => !each.includes(':')), addresses.find((each) => each.includes(':'))].filter((each) => each !== undefined);

/** What tells a task from the others of its name: a hash of its id, and its agent. */
export const uniqueLabel = ({ id, node }: Pick<NamedTask, 'id' | 'node'>, sha1: Sha1): string => `${hashLabel(sha1(id))}-${lastPart(node)}`;

/** What Mesos-DNS takes for the number of an agent: all behind the last dash of its id. */
const lastPart = (node: string): string => dnsLabel(node.slice(node.lastIndexOf('-') + 1));
