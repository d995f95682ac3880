import { reachedAt } from './dcosNames.ts';
import { discoveryName } from './discovery.ts';
import { dnsLabel, domainFragment } from './dnsLabel.ts';
import { address, type DnsRecord, firstOfEachFamily, type NamedTask, type Sha1, service, uniqueLabel } from './mesosDns.ts';

/**
 * Our own short names: `/shop/web` is `web.shop.wharf`, at the addresses that reach its ports, and its port `http` is
 * `_http._tcp.web.shop.wharf`. Each task has a name of its own below, which SRV points to: `<hash>-<node>.web.shop.wharf`, and with
 * `c-` before it for a port that is on the container's network only. TXT says which app and which task.
 */
export const shortRecords = function* (task: NamedTask, domain: string, sha1: Sha1): Generator<DnsRecord> {
  const name = `${domainFragment(discoveryName(task.app))}.${domain}.`;
  const unique = uniqueLabel(task, sha1);
  const own = `${unique}.${name}`;
  const contained = `c-${unique}.${name}`;
  for (const each of reachedAt(task)) {
    yield* address(name, each);
    yield* address(own, each);
  }
  yield { name, type: 'TXT', host: `app=${task.app}` };
  yield { name: own, type: 'TXT', host: `task=${task.id}` };
  yield { name: own, type: 'TXT', host: `node=${task.node}` };
  for (const { name: portName = '', number, protocol, labels } of task.ports) {
    const isContained = labels['network-scope'] === 'container';
    if (isContained) for (const each of firstOfEachFamily(task.addresses)) yield* address(contained, each);
    const label = dnsLabel(portName);
    if (label !== '') yield service(`_${label}._${protocol}.${name}`, isContained ? contained : own, number);
  }
};
