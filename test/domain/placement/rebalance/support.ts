import type { Node } from '../../../../src/domain/placement/node.ts';
import type { Scene, Tenant } from '../../../../src/domain/placement/rebalance/scene.ts';
import { needOf, type PlacementRequest } from '../../../../src/domain/placement/request.ts';
import { ledgerOf } from '../support.ts';

export type Placed = {
  readonly instance: string;
  readonly node: string;
  readonly request: PlacementRequest;
  readonly ports?: readonly number[];
  readonly cost?: number;
  /** Why it has to stay. */
  readonly stays?: string;
};

/** A pool and who is where, with an account of its own each time. */
export const sceneOf = (nodes: readonly Node[], placed: readonly Placed[], mayLose: (app: string) => number = () => 1): Scene => {
  const ledger = ledgerOf(...nodes);
  const byId = new Map(placed.map((each) => [each.instance, each]));
  for (const { instance, node, request, ports = [] } of placed) ledger.add({ instance, node, ports, ...request });
  return {
    ledger,
    mayLose,
    tenantOf: (instance): Tenant | string => {
      const one = byId.get(instance);
      if (one === undefined) return 'nobody knows it any more';
      if (one.stays !== undefined) return one.stays;
      if (mayLose(one.request.app) === 0) return 'its app may not miss one more instance now';
      return { instance, app: one.request.app, version: 'v1', slot: 0, need: needOf(one.request), cost: one.cost ?? 1 };
    },
  };
};
