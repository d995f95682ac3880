import { holdsResources } from '../../../../domain/instance/instance.states.ts';
import { allOf, plus } from '../../../../domain/kernel/amounts.ts';
import type { Instant } from '../../../../domain/kernel/units.ts';
import { lentOf } from '../../../../domain/node/oversubscription.facts.ts';
import type { Engine } from '../../../../domain/ports/engine.ts';
import type { NodeRow } from '../../../../domain/ports/views.ts';
import type { RoleAmounts } from '../../../../domain/role/role.facts.ts';
import { ofApp } from '../../marathon/shared.ts';
import { hostPort } from '../cluster.ts';
import { remembered } from '../remembered.ts';
import { rangesOf } from './ranges.ts';
import { type Amounts, NOTHING, sumOf } from './resources.ts';

/** The port that an agent of Mesos has. Nobody listens there: an agent's `pid` has to name one, and clients take its address from it. */
export const AGENT_PORT = 5051;

/** The role that everyone's resources are in. */
export const ANY_ROLE = '*';

/** A node as Mesos would know it: an agent. */
export type MesosAgent = {
  /** The node's id, as in `slaveId` of `/v2/tasks`. */
  readonly id: string;
  readonly hostname: string;
  readonly address: string;
  readonly pid: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly region?: string;
  readonly zone?: string;
  /** Answers. */
  readonly active: boolean;
  readonly unreachable: boolean;
  /** Cordoned: keeps what it has, takes nothing new. */
  readonly deactivated: boolean;
  readonly since: Instant;
  readonly total: Amounts;
  readonly used: Amounts;
  /** What of it is kept for a role: since the node was added, and by request. */
  readonly reserved: readonly { readonly role: string; readonly type: 'STATIC' | 'DYNAMIC'; readonly amounts: RoleAmounts }[];
  /** The rest. */
  readonly open: Amounts;
  /** The role that the rest is reserved for: a node is for everyone, or for the first of its roles. */
  readonly role: string;
};

/** What its state is to Mesos' clients. */
export const standingOf = ({ state }: NodeRow): Pick<MesosAgent, 'active' | 'unreachable' | 'deactivated'> => {
  const unreachable = state === 'attached.unreachable';
  return { active: !unreachable, unreachable, deactivated: state === 'attached.answering.cordoned' };
};

export const mesosAgents = remembered((engine): readonly MesosAgent[] =>
  [...engine.views.nodes.all()].map((row) => mesosAgentOf(engine, row)),
);

export const mesosAgentOf = (engine: Engine, row: NodeRow): MesosAgent => {
  const { id, offer, attributes, roles, region, zone, since } = row;
  const { cpus, mem, disk, gpus, portRanges } = lentOf(offer, row.oversubscribe);
  const holders = engine.views.instances.onNode(id).filter((each) => holdsResources(each.state));
  const used = holders.map((holder) => {
    const { cpus, mem, disk, gpus } = ofApp(engine, holder).definition ?? NOTHING;
    return { cpus, mem, disk, gpus, ports: rangesOf(holder.hostPorts) };
  });
  const of = (type: 'STATIC' | 'DYNAMIC', byRole: Readonly<Record<string, RoleAmounts>> = {}) =>
    Object.entries(byRole).map(([role, amounts]) => ({ role, type, amounts }));
  const reserved = [...of('STATIC', row.reserved), ...of('DYNAMIC', row.reservations)];
  const left = reserved.reduce<RoleAmounts>((rest, { amounts }) => plus(rest, amounts, -1), { cpus, mem, disk, gpus });
  return {
    id,
    hostname: offer.hostname,
    address: offer.address,
    pid: `slave(1)@${hostPort(offer.address, AGENT_PORT)}`,
    attributes,
    ...(region !== undefined && { region }),
    ...(zone !== undefined && { zone }),
    ...standingOf(row),
    since,
    total: { cpus, mem, disk, gpus, ports: portRanges },
    reserved,
    open: { ...allOf(left), ports: portRanges },
    used: withPortsJoined(sumOf(used)),
    role: roles.includes(ANY_ROLE) ? ANY_ROLE : (roles[0] ?? ANY_ROLE),
  };
};

const withPortsJoined = (amounts: Amounts): Amounts => ({
  ...amounts,
  ports: rangesOf(amounts.ports.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, nth) => from + nth))),
});
