import type { Begun } from '../await.ts';
import type { Client, Json } from '../client.ts';
import { CliFailure } from '../failure.ts';
import { appPath } from '../names.ts';
import { problemOf } from '../problem.ts';
import type { Item } from './compare.ts';
import { type Inventory, inventoryOf } from './marathon/inventory.ts';
import type { Step } from './order.ts';
import type { Ranges } from './portsOffered.ts';

/** Largest body that is sent where the engine does not say what it reads, bytes. */
const BODY_MAX_BYTES = 1024 * 1024;

/** Of a refusal: what is wrong at which path. */
export type Detail = { readonly path: string; readonly errors: readonly string[] };

/** The engine that is imported into: ordinary calls of its API, none of which removes anything. */
export type Target = {
  readonly where: string;
  readonly maxBodyBytes: number;
  there(): Promise<Inventory>;
  /** What is wrong with a root group that would hold this; nothing is written. */
  foresee(root: Json): Promise<readonly Detail[]>;
  /** Writes one step and answers the deployments that it began. */
  write(step: Step, force: boolean): Promise<readonly Begun[]>;
  /** Of each node, the ports that it hands out. */
  portRanges(): Promise<readonly Ranges[]>;
  /** Deployments that run now and touch any of these. */
  runningOn(ids: ReadonlySet<string>): Promise<readonly Begun[]>;
};

export const openTarget = async (client: Client): Promise<Target> => {
  const config = await client.ask('GET', '/config');
  const runningOn: Target['runningOn'] = async (ids) => {
    const running = (await client.ask('GET', '/v2/deployments')) as readonly Json[];
    return running
      .filter(({ affectedApps = [], affectedPods = [] }) => [...affectedApps, ...affectedPods].some((id: string) => ids.has(id)))
      .map(({ id, affectedApps = [] }) => ({ id, ...(affectedApps.length === 1 && { app: affectedApps[0] }) }));
  };
  return {
    where: client.where,
    maxBodyBytes: config.wharfinger?.limits?.maxBodyBytes ?? BODY_MAX_BYTES,
    there: async () => {
      const inventory = await inventoryOf((path) => unlessNoRoute(client, path));
      if (inventory === undefined) throw new CliFailure(`${client.where} answers, but has neither groups nor apps`);
      return inventory;
    },
    foresee: async (root) => {
      const { status, body } = await client.exchange('PUT', '/v2/groups?dryRun=true', { body: root });
      if (status < 400) return [];
      if (status === 422 && Array.isArray(body?.details)) return body.details;
      throw problemOf(status, body, client.where);
    },
    write: async (step, force) => {
      switch (step.kind) {
        case 'group':
          return writeGroup(client, step.item, force);
        case 'apps': {
          const [only, ...others] = step.items;
          if (only !== undefined && others.length === 0) {
            const { deploymentId, version } = await client.ask('PUT', `${appPath(only.id)}?partialUpdate=false&force=${force}`, {
              body: only.body,
            });
            return [{ id: deploymentId, app: only.id, version }];
          }
          const body = step.items.map((item) => item.body);
          const { deployments, version } = await client.ask('PUT', `/v2/apps?partialUpdate=false&force=${force}`, { body });
          return (deployments as readonly Json[]).map((each) => ({ id: each.id, version }));
        }
        case 'pod': {
          const { id, state, body } = step.item;
          const path = state === 'new' ? '/v2/pods' : appPath(id).replace('/v2/apps/', '/v2/pods/');
          const { deployment } = await client.begin(state === 'new' ? 'POST' : 'PUT', `${path}?force=${force}`, { body });
          return [{ id: deployment, app: id }];
        }
      }
    },
    portRanges: async () => {
      const { nodes } = await client.ask('GET', '/v1/nodes');
      return (nodes as readonly Json[]).map((node) => node.portRanges);
    },
    runningOn,
  };
};

/**
 * A body without `apps` and `groups` leaves what a group holds alone, so that nothing is deployed. Whether roles are enforced may not
 * change together with anything else.
 */
const writeGroup = async (client: Client, { id, state, body, differences }: Item, force: boolean): Promise<readonly Begun[]> => {
  const path = appPath(id).replace('/v2/apps/', '/v2/groups/');
  const { dependencies, enforceRole } = body;
  const roles = enforceRole === undefined ? {} : { enforceRole };
  const isChanged = (field: string): boolean => differences.some((each) => each.path.startsWith(field));
  if (state === 'new') await client.ask('PUT', `${path}?force=${force}`, { body: { id, dependencies, ...roles } });
  if (isChanged('enforceRole')) await client.ask('PATCH', path, { body: { enforceRole } });
  if (isChanged('dependencies')) await client.ask('PUT', `${path}?force=${force}`, { body: { id, dependencies } });
  return [];
};

const unlessNoRoute = async (client: Client, path: string): Promise<Json | undefined> => {
  try {
    return await client.find(path);
  } catch (error) {
    if (error instanceof CliFailure && /URI not found|not possible/.test(error.message)) return undefined;
    throw error;
  }
};
