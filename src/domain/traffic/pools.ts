import type { AppDefinition } from '../app/definition/definition.ts';
import { portAt } from '../app/definition/ports.ts';
import { portIndex } from '../app/definition/routes.ts';
import { phaseOf } from '../instance/instance.states.ts';
import type { Pool, Server } from './table.ts';

/** An instance as traffic sees it. */
export type Serving = {
  readonly id: string;
  readonly version: string;
  readonly state: string;
  /** It was ready at least once. */
  readonly wasReady: boolean;
  readonly hostPorts: readonly number[];
  readonly ipAddresses: readonly string[];
  /** Address of its node. */
  readonly nodeAddress?: string;
};

/**
 * Who answers, by version: ready instances, and those that drain, so that what they have begun can end. Where nobody is ready those are
 * asked that were once and may still be up, out of sight or failing their checks: no answer at all is worse.
 */
export const poolsOf = (
  instances: readonly Serving[],
  port: string | number,
  definitionOf: (version: string) => AppDefinition | undefined,
  weights: Readonly<Record<string, number>>,
): readonly Pool[] => {
  const ready = instances.filter(({ state }) => phaseOf(state) === 'ready');
  const asked = ready.length > 0 ? ready : instances.filter(({ state, wasReady }) => wasReady && LAST_RESORT.has(phaseOf(state)));
  const draining = instances.filter(({ state }) => state === 'draining');
  const servers = [...asked.map((row) => ({ row, isDraining: false })), ...draining.map((row) => ({ row, isDraining: true }))];
  const hasWeights = Object.keys(weights).length > 0;
  const byVersion = new Map<string, Server[]>(Object.keys(weights).map((version) => [version, []]));
  for (const { row, isDraining } of servers) {
    const place = placeOf(row, port, definitionOf(row.version));
    if (place === undefined) continue;
    const pool = byVersion.get(row.version) ?? [];
    byVersion.set(row.version, pool);
    pool.push({ instance: row.id, ...place, isDraining });
  }
  return [...byVersion].map(([version, all]) => ({ version, servers: all, ...(hasWeights && { weight: weights[version] ?? 0 }) }));
};

const LAST_RESORT: ReadonlySet<string> = new Set(['up', 'unseen']);

const placeOf = (
  { hostPorts, ipAddresses, nodeAddress }: Serving,
  port: string | number,
  definition: AppDefinition | undefined,
): Pick<Server, 'address' | 'port'> | undefined => {
  const index = definition === undefined ? undefined : portIndex(definition, port);
  const at = definition === undefined || index === undefined ? undefined : portAt(definition, hostPorts, index);
  if (at === undefined) return undefined;
  if ('hostPort' in at) return nodeAddress === undefined ? undefined : { address: nodeAddress, port: at.hostPort };
  const [address] = ipAddresses;
  return address === undefined ? undefined : { address, port: at.containerPort };
};
