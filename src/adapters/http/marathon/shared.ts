import { isIPv4, isIPv6 } from 'node:net';
import type { AppDefinition } from '../../../domain/app/definition/definition.ts';
import { servicePortsOf } from '../../../domain/app/definition/servicePorts.ts';
import { instanceIdOf, taskIdOf } from '../../../domain/app/definition/taskIds.ts';
import { discoveryName } from '../../../domain/network/discovery.ts';
import type { Engine } from '../../../domain/ports/engine.ts';
import type { InstanceRow } from '../../../domain/ports/views.ts';

/** What tasks of one definition tell alike. */
export type OfApp = {
  readonly definition: AppDefinition | undefined;
  /** Before and behind an instance's id in the id of its task. */
  readonly taskId: readonly [before: string, behind: string];
  readonly servicePorts: readonly number[];
  /** As Mesos calls it. */
  readonly name: string;
};

export type IpAddress = { readonly ipAddress: string; readonly protocol: 'IPv4' | 'IPv6' };

/** What tasks on one node tell alike. */
export type OfNode = {
  /** '' while it is not in the pool. */
  readonly host: string;
  readonly addresses: readonly IpAddress[];
  readonly region?: string;
  readonly zone?: string;
};

export const ipAddressesOf = (addresses: readonly string[]): readonly IpAddress[] =>
  addresses.flatMap((ipAddress) =>
    isIPv4(ipAddress) || isIPv6(ipAddress) ? [{ ipAddress, protocol: isIPv4(ipAddress) ? ('IPv4' as const) : ('IPv6' as const) }] : [],
  );

type Shared = {
  readonly position: number;
  readonly apps: Map<string, { readonly version: string; readonly told: OfApp }>;
  readonly nodes: Map<string, OfNode>;
};

/** True until the views have read on. */
const memory = new WeakMap<Engine, Shared>();

const sharedOf = (engine: Engine): Shared => {
  const position = engine.views.position();
  let shared = memory.get(engine);
  if (shared?.position !== position) {
    shared = { position, apps: new Map(), nodes: new Map() };
    memory.set(engine, shared);
  }
  return shared;
};

/** A list has many tasks of each app: what they have in common is worked out once for all of them. */
export const ofApp = (engine: Engine, { app, version }: Pick<InstanceRow, 'app' | 'version'>): OfApp => {
  const { apps } = sharedOf(engine);
  const known = apps.get(app);
  if (known?.version === version) return known.told;
  const told = makeOfApp(app, engine.views.apps.definition(app, version));
  apps.set(app, { version, told });
  return told;
};

const makeOfApp = (app: string, definition: AppDefinition | undefined): OfApp => {
  const before = instanceIdOf(app, '');
  return {
    definition,
    taskId: [before, taskIdOf(app, '').slice(before.length)],
    servicePorts: definition === undefined ? [] : servicePortsOf(definition),
    name: discoveryName(app),
  };
};

const NOWHERE: OfNode = { host: '', addresses: [] };

/** The same of a node; of one that is not chosen yet, too. */
export const ofNode = (engine: Engine, { node }: Pick<InstanceRow, 'node'>): OfNode => {
  if (node === undefined) return NOWHERE;
  const { nodes } = sharedOf(engine);
  const known = nodes.get(node);
  if (known !== undefined) return known;
  const row = engine.views.nodes.get(node);
  const host = row?.offer.address ?? '';
  const told = {
    host,
    addresses: ipAddressesOf([host]),
    ...(row?.region !== undefined && { region: row.region }),
    ...(row?.zone !== undefined && { zone: row.zone }),
  };
  nodes.set(node, told);
  return told;
};
