import { phaseOf } from '../../instance/instance.states.ts';
import type { AppRow, InstanceRow, Views } from '../../ports/views.ts';
import { accountOf, requestOf } from '../account.ts';
import type { Ledger } from '../ledger.ts';
import { type Need, needOf } from '../request.ts';
import { costOf, mayBeAway } from './protection.ts';

/** An instance that may be moved. */
export type Tenant = {
  readonly instance: string;
  readonly app: string;
  readonly version: string;
  readonly slot: number;
  readonly need: Need;
  readonly cost: number;
  readonly startMs?: number;
};

/** What a plan is made from. The account is the plan's own: it is changed while the plan is made. */
export type Scene = {
  readonly ledger: Ledger;
  /** Why it may not be moved, where it may not. */
  tenantOf(instance: string): Tenant | string;
  /** How many more instances of an app may be away now. */
  mayLose(app: string): number;
};

/** Takes time in proportion to nodes and instances. */
export const sceneOf = (views: Pick<Views, 'nodes' | 'apps' | 'instances' | 'roles'>): Scene => {
  const needs = new Map<string, Need | undefined>();
  const needFor = ({ app, version }: InstanceRow): Need | undefined => {
    const key = `${app} ${version}`;
    if (!needs.has(key)) {
      const definition = views.apps.definition(app, version);
      needs.set(key, definition === undefined ? undefined : needOf(requestOf(definition, version)));
    }
    return needs.get(key);
  };
  const mayLose = (app: string): number => {
    const row = views.apps.get(app);
    return row === undefined ? 0 : spareOf(row, views);
  };
  return {
    ledger: accountOf(views),
    mayLose,
    tenantOf: (instance) => {
      const row = views.instances.get(instance);
      if (row === undefined) return 'nobody knows it any more';
      const because = whyStays(row, views.apps.get(row.app));
      if (because !== undefined) return because;
      const [definition, need] = [views.apps.definition(row.app, row.version), needFor(row)];
      if (definition === undefined || need === undefined) return 'nobody knows what it is made of';
      if (mayLose(row.app) === 0) return 'its app may not miss one more instance now';
      const startMs = startOf(row);
      const { app, version, slot } = row;
      return { instance, app, version, slot, need, cost: costOf(definition, startMs), ...(startMs !== undefined && { startMs }) };
    },
  };
};

/** Instances that are missing already are taken from the budget. */
const spareOf = ({ id, definition, target }: AppRow, { instances }: Pick<Views, 'instances'>): number => {
  const ready = instances.tallies(id)[target.configVersion]?.ready ?? 0;
  return Math.max(0, mayBeAway(definition, definition.instances) - Math.max(0, definition.instances - ready));
};

/** What keeps an instance where it is, whatever would be gained; undefined for one that may be replaced. */
export const whyStays = ({ state, version }: InstanceRow, app: AppRow | undefined): string | undefined => {
  if (app === undefined) return 'its app is gone';
  if (app.deployment !== undefined) return 'a deployment moves its app';
  if (version !== app.target.configVersion) return 'it is of another version than its app';
  if (app.definition.perNode === true) return 'its app runs on every node';
  if (app.definition.residency !== undefined) return 'its data is on its node';
  return phaseOf(state) === 'ready' ? undefined : `it is ${state}`;
};

const startOf = ({ placedAt, startedAt, readyAt = startedAt }: InstanceRow): number | undefined =>
  placedAt === undefined || readyAt === undefined ? undefined : Math.max(0, readyAt - placedAt);
