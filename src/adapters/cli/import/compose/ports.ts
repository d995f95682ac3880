import { isObject } from '../../../../domain/app/definition/readers.ts';
import type { Remarks } from './remarks.ts';
import { numberIn, textIn, textsIn } from './values.ts';

export type Port = {
  readonly containerPort: number;
  /** 0: any. */
  readonly hostPort: number;
  readonly protocol: 'tcp' | 'udp';
  readonly name?: string;
  /** Only for other services: Compose publishes it nowhere. */
  readonly isInner?: true;
  /** Written for one address of the node; here it would be open on all of them, so it stays closed. */
  readonly isClosed?: true;
};

/** What a service publishes and exposes, one entry per port and protocol. */
export const portsOf = (service: Readonly<Record<string, unknown>>, at: string, found: Remarks): readonly Port[] => {
  const written = Array.isArray(service.ports) ? service.ports : [];
  if (service.ports !== undefined && !Array.isArray(service.ports)) found.refuse(`${at}.ports`, 'must be a list');
  const published = written.flatMap((each, i) =>
    isObject(each) ? longPort(each, `${at}.ports.${i}`, found) : shortPort(each, `${at}.ports.${i}`, found),
  );
  const exposed = (textsIn(service.expose) ?? []).flatMap((each, i) => shortPort(each, `${at}.expose.${i}`, found));
  const inner = exposed.map((port): Port => ({ ...port, hostPort: 0, isInner: true }));
  const known = new Set(published.map(keyOf));
  return [...published, ...inner.filter((port) => !known.has(keyOf(port)))];
};

const keyOf = ({ containerPort, protocol }: Port): string => `${containerPort}/${protocol}`;

const SHORT = /^(?:(?:\[([^\]]*)\]|([^:[\]]*)):)?(?:(\d+(?:-\d+)?)?:)?(\d+(?:-\d+)?)(?:\/(tcp|udp))?$/i;

/** `[[ip:]host:]container[/protocol]`, ports or ranges of them. */
const shortPort = (value: unknown, path: string, found: Remarks): readonly Port[] => {
  const text = textIn(value) ?? '';
  // With one colon the first part is a port, with two it is an address.
  const withoutAddress = /^\d+(?:-\d+)?:/.test(text) ? `:${text}` : text;
  const match = SHORT.exec(withoutAddress);
  if (match === null) return refused(path, `'${text}' is no port; it looks like 8080:80 or 53:53/udp`, found);
  const [, six, four, host, container = '', protocol = 'tcp'] = match;
  const read = paired(host, container, protocol.toLowerCase() as Port['protocol'], path, found);
  return onAddress(six ?? four ?? '', read, path, found);
};

const longPort = (port: Readonly<Record<string, unknown>>, path: string, found: Remarks): readonly Port[] => {
  const { target, published, protocol = 'tcp', host_ip: ip, name, mode, app_protocol: application, ...unknown } = port;
  const container = textIn(target) ?? '';
  if (!/^\d+$/.test(container)) return refused(`${path}.target`, 'must be a port', found);
  if (protocol !== 'tcp' && protocol !== 'udp') return refused(`${path}.protocol`, 'tcp and udp are possible', found);
  if (mode === 'ingress') found.note(`${path}.mode`, 'the port is opened on the nodes that have an instance, not on all');
  if (application !== undefined) found.leave(`${path}.app_protocol`, 'nothing here reads it');
  for (const key of Object.keys(unknown)) if (!key.startsWith('x-')) found.leave(`${path}.${key}`, 'it is not known here');
  const named = textIn(name);
  const read = paired(textIn(published), container, protocol, path, found).map((each) => ({
    ...each,
    ...(named !== undefined && { name: named.toLowerCase().replaceAll('_', '-') }),
  }));
  return onAddress(textIn(ip) ?? '', read, path, found);
};

const refused = (path: string, reason: string, found: Remarks): readonly Port[] => {
  found.refuse(path, reason);
  return [];
};

const onAddress = (address: string, ports: readonly Port[], path: string, found: Remarks): readonly Port[] => {
  if (['', '0.0.0.0', '::', '*'].includes(address)) return ports;
  found.leave(path, `it is for ${address} only, and a port here is open on all addresses of its node; it stays closed`);
  return ports.map((port) => ({ ...port, hostPort: 0, isClosed: true }));
};

/** At most so many ports in one range. */
const RANGE_MAX = 10_000;

const paired = (host: string | undefined, container: string, protocol: Port['protocol'], path: string, found: Remarks): readonly Port[] => {
  const inside = rangeOf(container);
  const outside = host === undefined || host === '' ? undefined : rangeOf(host);
  if (inside === undefined || (host !== undefined && host !== '' && outside === undefined))
    return refused(path, `a port is 1 to 65535, and a range goes up and has at most ${RANGE_MAX}`, found);
  if (outside !== undefined && outside.length !== inside.length) {
    if (inside.length !== 1) return refused(path, 'both ranges must have as many ports', found);
    found.leave(path, `any port of the node is taken, not one of ${host}`);
    return [{ containerPort: inside[0] ?? 0, hostPort: 0, protocol }];
  }
  return inside.map((containerPort, i) => ({ containerPort, hostPort: outside?.[i] ?? 0, protocol }));
};

const rangeOf = (text: string): readonly number[] | undefined => {
  const [first = '', last = first] = text.split('-');
  const [from, to] = [numberIn(first) ?? 0, numberIn(last) ?? 0];
  if (from < (first === '0' ? 0 : 1) || to > 65_535 || to < from || to - from >= RANGE_MAX) return undefined;
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
};
