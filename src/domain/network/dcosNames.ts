import { discoveryName } from './discovery.ts';
import { dnsLabel, domainFragment } from './dnsLabel.ts';
import { address, type DnsRecord, firstOfEachFamily, type NamedTask } from './mesosDns.ts';

/** The zone that DC/OS has below its directory: tasks by where they are reached. */
export const DCOS_DOMAIN = 'dcos.thisdcos.directory';
/** The zone of the names of virtual addresses. */
export const L4LB_DOMAIN = 'l4lb.thisdcos.directory';

/** Addresses that reach a task's ports: its node's where one of them is mapped to the node or it has its node's network, else its own. */
export const reachedAt = ({ ports, nodeAddress, addresses }: NamedTask): readonly string[] =>
  ports.some(({ labels }) => labels['network-scope'] !== 'container') ? [nodeAddress] : firstOfEachFamily(addresses);

/** A task's names in DC/OS: by its node, by its own addresses, and by whichever of them its ports are at. */
export const dcosRecords = function* (task: NamedTask, framework: string): Generator<DnsRecord> {
  const name = `${dnsLabel(discoveryName(task.app))}.${domainFragment(framework)}`;
  yield* address(`${name}.agentip.${DCOS_DOMAIN}.`, task.nodeAddress);
  for (const own of firstOfEachFamily(task.addresses)) yield* address(`${name}.containerip.${DCOS_DOMAIN}.`, own);
  for (const each of reachedAt(task)) yield* address(`${name}.autoip.${DCOS_DOMAIN}.`, each);
};

/**
 * The names in DC/OS' labels of a port, `VIP_0: /group/web:80` → `groupweb`. Labels that give an address instead have no name.
 * @param labels of one port
 */
export const vipNames = (labels: Readonly<Record<string, string>>): readonly string[] =>
  Object.entries(labels).flatMap(([key, value]) => {
    if (!/^vip/i.test(key)) return [];
    const at = value.lastIndexOf(':');
    const name = value.slice(0, at).replaceAll('/', '');
    if (at < 0 || /^[\d.]+$/.test(name) || name.includes(':')) return [];
    const fragment = domainFragment(name);
    return fragment === '' ? [] : [fragment];
  });

/** @param addressOf where a virtual address is balanced, by its name, such as `shopweb` */
export const vipRecords = function* (
  task: NamedTask,
  framework: string,
  addressOf: (name: string) => readonly string[],
): Generator<DnsRecord> {
  for (const { labels } of task.ports)
    for (const vip of vipNames(labels)) {
      const name = `${vip}.${domainFragment(framework)}.${L4LB_DOMAIN}`;
      for (const each of addressOf(vip)) yield* address(`${name}.`, each);
    }
};
