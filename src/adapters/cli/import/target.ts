import type { Begun } from '../await.ts';
import type { Client, Json } from '../client.ts';
import { CliFailure } from '../failure.ts';
import { appPath } from '../names.ts';
import type { Item } from './compare.ts';
import { type Inventory, inventoryOf } from './marathon/inventory.ts';
import type { Step } from './order.ts';

/** Largest body that is sent where the engine does not say what it reads, bytes. */
const BODY_MAX_BYTES = 1024 * 1024;

/** The engine that is imported into: ordinary calls of its API, none of which removes anything. */
export type Target = {
  readonly where: string;
  readonly maxBodyBytes: number;
  there(): Promise<Inventory>;
  /** Writes one step and answers the deployments that it began. */
  write(step: Step, force: boolean): Promise<readonly Begun[]>;
  /** Deployments that run now and touch any of these. */
  runningOn(ids: ReadonlySet<string>): Promise<readonly Begun[]>;
};

export const openTarget = async (client: Client): Promise<Target> => {
  const info = await client.ask('GET', '/v2/info');
  const runningOn: Target['runningOn'] = async (ids) => {
    const running = (await client.ask('GET', '/v2/deployments')) as readonly Json[];
    return running
      .filter(({ affectedApps = [], affectedPods = [] }) => [...affectedApps, ...affectedPods].some((id: string) => ids.has(id)))
      .map(({ id, affectedApps = [] }) => ({ id, ...(affectedApps.length === 1 && { app: affectedApps[0] }) }));
  };
  return {
    where: client.where,
    maxBodyBytes: info.wharfinger?.maxBodyBytes ?? BODY_MAX_BYTES,
    there: async () => {
      const inventory = await inventoryOf((path) => unlessNoRoute(client, path));
      if (inventory === undefined) throw new CliFailure(`${client.where} answers, but has neither groups nor apps`);
      return inventory;
    },
    write: async (step, force) => {
      switch (step.kind) {
        case 'group':
          return writeGroup(client, step.item, force);
        case 'apps': {
          const body = step.items.map((item) => item.body);
          return begunBy(await client.ask('PUT', `/v2/apps?partialUpdate=false&force=${force}`, { body }), step.items);
        }
        case 'pod': {
          const { id, state, body } = step.item;
          if (state === 'new') await client.ask('POST', `/v2/pods?force=${force}`, { body });
          else await client.ask('PUT', `${appPath(id).replace('/v2/apps/', '/v2/pods/')}?force=${force}`, { body });
          return runningOn(new Set([id]));
        }
      }
    },
    runningOn,
  };
};

/**
 * A body without `apps` and `groups` leaves what a group holds alone. Whether roles are enforced may not change together with anything
 * else.
 */
const writeGroup = async (client: Client, { id, state, body, differences }: Item, force: boolean): Promise<readonly Begun[]> => {
  const path = appPath(id).replace('/v2/apps/', '/v2/groups/');
  const { dependencies, enforceRole } = body;
  const roles = enforceRole === undefined ? {} : { enforceRole };
  if (state === 'new') return begunBy(await client.ask('PUT', `${path}?force=${force}`, { body: { id, dependencies, ...roles } }));
  if (differences.some((each) => each.path === 'enforceRole')) await client.ask('PATCH', path, { body: { enforceRole } });
  if (!differences.some((each) => each.path.startsWith('dependencies'))) return [];
  return begunBy(await client.ask('PUT', `${path}?force=${force}`, { body: { id, dependencies } }));
};

/** One deployment for all, or one for each. */
const begunBy = (answer: Json, items: readonly Item[] = []): readonly Begun[] => {
  const { deployments, deploymentId, version } = answer ?? {};
  if (Array.isArray(deployments) && deployments.length === items.length)
    return deployments.map(({ id }, i) => ({ id, ...(items[i] !== undefined && { app: items[i].id }) }));
  return typeof deploymentId === 'string' ? [{ id: deploymentId, version }] : [];
};

const unlessNoRoute = async (client: Client, path: string): Promise<Json | undefined> => {
  try {
    return await client.find(path);
  } catch (error) {
    if (error instanceof CliFailure && /URI not found|not possible/.test(error.message)) return undefined;
    throw error;
  }
};
