import { placementAskOf } from '../app/definition/ask.ts';
import type { AppDefinition } from '../app/definition/definition.ts';
import { hostPortsWanted } from '../app/definition/ports.ts';
import { holdsResources } from '../instance/instance.states.ts';
import type { InstanceRow, Views } from '../ports/views.ts';
import { Ledger } from './ledger.ts';
import type { Reservation } from './node.ts';
import { holdPlace, type Nomination } from './nomination.ts';
import { poolNode } from './poolNode.ts';
import { type PlacementRequest, reservationFor } from './request.ts';

/* The capacity view: what nodes have and who holds how much of it, as the recorded facts say. */

type Rows = Pick<Views, 'nodes' | 'apps' | 'instances' | 'roles'>;

/** Constraints count instances of one configuration: those about to be replaced are none of the new one's business. */
export const cohortOf = (app: string, version: string): string => `${app} ${version}`;

export const requestOf = (definition: AppDefinition, version: string): PlacementRequest =>
  placementAskOf(definition, cohortOf(definition.id, version));

/** One forgotten while its node was away is there again with its node, until it is known to have ended. */
export const holdsPlace = ({ state, node = '' }: InstanceRow, { nodes }: Pick<Views, 'nodes'>): boolean =>
  holdsResources(state) || (state === 'expunged' && nodes.get(node)?.state.startsWith('attached.answering') === true);

/** What an instance holds where it is placed; undefined where it is not, or where nobody knows what it is made of. */
export const reservationOf = (
  row: Pick<InstanceRow, 'id' | 'app' | 'version' | 'node' | 'hostPorts'>,
  { apps }: Pick<Views, 'apps'>,
): Reservation | undefined => {
  const definition = apps.definition(row.app, row.version);
  if (row.node === undefined || definition === undefined) return undefined;
  // The app of a row may be a command that is run for another one, by that one's definition.
  const request = { ...definition, app: row.app, cohort: cohortOf(row.app, row.version) };
  return reservationFor(request, { instance: row.id, node: row.node, ports: row.hostPorts });
};

/** Places that are held for those who wait for others to leave them. */
const nominationsIn = function* ({ instances, apps }: Rows): Generator<Nomination> {
  for (const { id, app, version, nominated } of instances.live()) {
    const definition = nominated === undefined ? undefined : apps.definition(app, version);
    if (nominated !== undefined && definition !== undefined) yield { instance: id, ...nominated, request: requestOf(definition, version) };
  }
};

/** What an app asks of the whole account, wherever its instances are; undefined when the app is gone. */
export const learnApp = (ledger: Ledger, id: string, definition: AppDefinition | undefined): void => {
  ledger.fixedPorts.set(id, definition === undefined ? [] : hostPortsWanted(definition));
  ledger.keepers.set(id, definition?.placement?.antiAffinity ?? []);
};

/** Takes what the views hold into an account that is empty. */
export const fill = (ledger: Ledger, views: Rows): Ledger => {
  for (const row of views.nodes.all()) ledger.setNode(poolNode(row));
  for (const { role, weight, quota } of views.roles.all()) {
    if (weight !== undefined) ledger.tenants.setWeight(role, weight);
    ledger.tenants.setQuota(role, quota);
  }
  for (const { id, definition } of views.apps.all()) learnApp(ledger, id, definition);
  for (const row of views.instances.live()) {
    const reservation = holdsPlace(row, views) ? reservationOf(row, views) : undefined;
    if (reservation !== undefined) ledger.add(reservation);
  }
  for (const nomination of nominationsIn(views)) holdPlace(nomination, ledger);
  return ledger;
};

/** The account as it stands in the views of any moment. Takes time in proportion to nodes and instances. */
export const accountOf = (views: Rows): Ledger => fill(new Ledger(), views);
