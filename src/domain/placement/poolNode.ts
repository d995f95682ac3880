import { lentOf } from '../node/oversubscription.facts.ts';
import type { NodeRow } from '../ports/views.ts';
import { plusByRole } from './amounts.ts';
import type { Node } from './node.ts';

/** A node of the pool as placement sees it: with what it lends, which may be more than it has. */
export const poolNode = (row: NodeRow): Node => {
  const { hostname, address, portRanges, cpus, mem, disk, gpus } = lentOf(row.offer, row.oversubscribe);
  const { kind } = row.endpoint;
  return {
    id: row.id,
    hostname,
    address,
    ...(row.region !== undefined && { region: row.region }),
    ...(row.zone !== undefined && { zone: row.zone }),
    attributes: row.attributes,
    roles: row.roles,
    ...((row.reserved !== undefined || row.reservations !== undefined) && {
      reserved: plusByRole(row.reserved ?? {}, row.reservations ?? {}),
    }),
    capacity: { cpus, mem, disk, gpus },
    portRanges,
    schedulable: row.state === 'attached.answering.ready',
    runtime: kind === 'process' || kind === 'simulated' ? kind : 'docker',
  };
};
