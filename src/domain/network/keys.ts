import type { AppDefinition } from '../app/definition/definition.ts';
import { DCOS_DOMAIN, L4LB_DOMAIN, vipNames } from './dcosNames.ts';
import { discoveryName } from './discovery.ts';
import { dnsLabel, domainFragment } from './dnsLabel.ts';

/**
 * Which app a name may be of: its path reversed (`web.shop`), the same as one label (`web-shop`), or the name of a virtual address
 * (`vip:shopweb`). An app's keys and those of a name that is asked for meet here, so that nobody has to write all names down.
 */
export const keysOfApp = (app: string, definition?: AppDefinition): readonly string[] => {
  const dotted = discoveryName(app);
  const ports = definition?.container?.portMappings ?? definition?.portDefinitions ?? [];
  const vips = ports.flatMap(({ labels }) => vipNames(labels)).map((vip) => `vip:${vip}`);
  return [...new Set([dotted, domainFragment(dotted), dnsLabel(dotted), ...vips])];
};

export type Domains = {
  /** Of Mesos-DNS' names. */
  readonly mesos: string;
  /** Of our own short names. */
  readonly own: string;
  /** Of the one framework, as a name. */
  readonly framework: string;
};

const SERVICE = /^(?:_[^.]+\.)?_(.+)\._(?:tcp|udp)$/;
const HASHED = /-[ybndrfg8ejkmcpqxot1uwisza345h769]{5}-/g;

/** The keys that a name in one of the domains may stand for; none for names that no app has. @param name lower case, no last dot */
export const keysOfName = (name: string, { mesos, own, framework }: Domains): readonly string[] => {
  const short = before(name, own);
  if (short !== undefined) {
    const rest = short.replace(/^(?:_[^.]+\.)+/, '');
    return [rest, rest.slice(rest.indexOf('.') + 1)];
  }
  const virtual = before(name, `${framework}.${L4LB_DOMAIN}`);
  if (virtual !== undefined) return [`vip:${virtual}`];
  const dcos = before(name, DCOS_DOMAIN);
  if (dcos !== undefined) return [dcos.slice(0, dcos.indexOf('.'))];
  const task = before(name, `${framework}.${mesos}`) ?? before(name, `${framework}.slave.${mesos}`);
  if (task === undefined) return [];
  const named = SERVICE.exec(task)?.[1] ?? task.replace(/^(?:_[^.]+\.)+/, '');
  return [named, ...[...named.matchAll(HASHED)].map(({ index }) => named.slice(0, index))];
};

/** The part of a name that apps' paths make: what stands before the domain. undefined for names that are not made so. */
export const keyOfOwnNames = (name: string, { mesos, own, framework }: Domains): string | undefined =>
  before(name, own) ?? before(name, `${framework}.${mesos}`) ?? before(name, `${framework}.slave.${mesos}`);

const before = (name: string, domain: string): string | undefined =>
  name.endsWith(`.${domain}`) ? name.slice(0, -domain.length - 1) : undefined;

const DIRECTORY = 'thisdcos.directory';

/** DC/OS' other words for the same names: the global domain, the balancer's old name, and the mirror of Mesos-DNS' names. */
export const renamed = (name: string, mesos: string): string => {
  const directory = renamedEnd(renamedEnd(name, 'thisdcos.global', DIRECTORY), `dclb.${DIRECTORY}`, L4LB_DOMAIN);
  return renamedEnd(directory, `mesos.${DIRECTORY}`, mesos);
};

const renamedEnd = (name: string, from: string, to: string): string =>
  name === from ? to : name.endsWith(`.${from}`) ? name.slice(0, -from.length) + to : name;

/** The zone that we answer for and a name is in; undefined for all other names. @param name as it was asked for, lower case, no last dot */
export const zoneOfName = (name: string, { mesos, own }: Domains): string | undefined =>
  [mesos, own, DIRECTORY, 'thisdcos.global'].find((zone) => name === zone || name.endsWith(`.${zone}`));
