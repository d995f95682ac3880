import { either as E } from 'fp-ts';
import type { RunningEngine } from '../actors/engine.ts';
import { CliFailure } from '../adapters/cli/failure.ts';
import type { ClusterHost } from '../adapters/hosts/simulated/cluster/members.ts';
import { ENGINE, streamOf } from '../domain/kernel/ids.ts';
import { same } from '../domain/kernel/same.ts';
import type { NodeCommand } from '../domain/node/node.commands.ts';
import { NODE, type RuntimeEndpoint } from '../domain/node/node.facts.ts';

/** Registrations that wait for the log at once. */
const REGISTERED_AT_ONCE = 256;

/**
 * Adds hosts to the pool; those that are there already stay.
 * @returns how many were added
 * @throws CliFailure where the pool holds hosts of another simulation
 */
export const registerHosts = async (
  engine: RunningEngine,
  members: readonly ClusterHost[],
  endpoint: RuntimeEndpoint,
  portRanges: readonly (readonly [number, number])[],
): Promise<number> => {
  for (const row of engine.views.nodes.all())
    if (!same(row.endpoint, endpoint))
      throw new CliFailure(
        `the pool here has node ${row.id} of another kind, seed or address (${JSON.stringify(row.endpoint)}): say the same again, or name another --data`,
      );
  const missing = members.filter(({ id }) => engine.views.nodes.get(id) === undefined);
  const register = async ({ id, offer, attributes, roles, region, zone }: ClusterHost): Promise<void> => {
    const command: NodeCommand = {
      type: 'RegisterNode',
      endpoint,
      offer: { ...offer, portRanges: portRanges.map(([from, to]) => [from, to]) },
      attributes: { ...attributes },
      roles: [...roles],
      region,
      zone,
      warnings: [],
    };
    // The simulation's own doing, and nobody's request: no root is kept of each.
    const answer = await engine.precede(streamOf(NODE, id), command, { id: engine.ids.next(), by: ENGINE, body: {} });
    if (E.isLeft(answer)) throw new CliFailure(`host ${id} was refused: ${answer.left.message}`);
  };
  let next = 0;
  const work = async (): Promise<void> => {
    for (let member = missing[next++]; member !== undefined; member = missing[next++]) await register(member);
  };
  await Promise.all(Array.from({ length: Math.min(REGISTERED_AT_ONCE, missing.length) }, work));
  return missing.length;
};
