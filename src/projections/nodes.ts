import { plus } from '../domain/kernel/amounts.ts';
import { keyOf, nounOf } from '../domain/kernel/ids.ts';
import type { Recorded } from '../domain/kernel/recorded.ts';
import { lossesWith } from '../domain/node/flapping.ts';
import type { NodeFact } from '../domain/node/node.facts.ts';
import { isPlain, plain } from '../domain/node/oversubscription.facts.ts';
import type { NodeRow, NodesView } from '../domain/ports/views.ts';
import type { Projection } from './projection.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
export type Nodes = { readonly rows: Map<string, Mutable<NodeRow>> };

/** The pool of hosts: what each offers, and whether it answers. */
export const nodes: Projection<Nodes> = {
  name: 'nodes',
  version: 3,
  initial: () => ({ rows: new Map() }),
  evolve: ({ rows }, recorded) => {
    if (nounOf(recorded.stream) !== 'node') return;
    const { stream, fact, meta } = recorded as Recorded<NodeFact>;
    const id = keyOf(stream);
    if (fact.type === 'NodeRegistered') {
      const { type: _, region, zone, reserved, oversubscribe, ...data } = fact;
      rows.set(id, {
        id,
        ...data,
        ...(reserved !== undefined && { reserved }),
        ...(region !== undefined && { region }),
        ...(zone !== undefined && { zone }),
        ...(oversubscribe !== undefined && !isPlain(oversubscribe) && { oversubscribe: plain(oversubscribe) }),
        state: meta.state,
        since: meta.at,
      });
      return;
    }
    const row = rows.get(id);
    if (row === undefined) return;
    if (fact.type === 'NodeRemoved') {
      rows.delete(id);
      return;
    }
    if (row.state !== meta.state) row.since = meta.at;
    row.state = meta.state;
    if (fact.type === 'ResourcesReserved' || fact.type === 'ResourcesUnreserved') {
      const { [fact.role]: before = {}, ...others } = row.reservations ?? {};
      const left = plus(before, fact.amounts, fact.type === 'ResourcesReserved' ? 1 : -1);
      const reservations = Object.keys(left).length === 0 ? others : { ...others, [fact.role]: left };
      if (Object.keys(reservations).length === 0) delete row.reservations;
      else row.reservations = reservations;
      return;
    }
    if (fact.type === 'NodeOfferChanged') {
      row.offer = fact.offer;
      row.warnings = fact.warnings;
    }
    if (fact.type === 'NodeOversubscribed') {
      if (isPlain(fact.oversubscribe)) delete row.oversubscribe;
      else row.oversubscribe = fact.oversubscribe;
      return;
    }
    if (fact.type === 'NodeBecameUnreachable') row.losses = lossesWith(row.losses, meta.at);
    if (fact.type === 'NodeBecameFlapping') row.reason = `lost ${fact.losses} times within ${fact.withinMs / 60_000} min`;
    else if (fact.type === 'NodeBecameUnreachable' || fact.type === 'NodeCordoned') row.reason = fact.reason;
    else delete row.reason;
  },
};

export const nodesView = ({ rows }: Nodes): NodesView => ({ get: (id) => rows.get(id), all: () => rows.values() });
