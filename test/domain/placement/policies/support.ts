import { type AppPlacement, appPlacement } from '../../../../src/domain/app/definition/placement.ts';
import type { Ledger } from '../../../../src/domain/placement/ledger.ts';
import type { place } from '../../../../src/domain/placement/place.ts';

/** As it is read from a definition. */
export const placement = (fields: object): AppPlacement => appPlacement.parse(fields) as AppPlacement;

/** Lets an instance of an app hold its place, as a fact would have told it. */
export const stand = (ledger: Ledger, app: string, node: string, cohort?: string): string => {
  const instance = `${app} ${node} ${ledger.reservations}`;
  ledger.add({ instance, app, node, cpus: 0.1, mem: 1, disk: 0, gpus: 0, ports: [], ...(cohort !== undefined && { cohort }) });
  return instance;
};

export const nodesOf = (results: ReturnType<typeof place>): readonly (string | undefined)[] =>
  results.map((result) => ('node' in result ? result.node : undefined));
