import type { Client, Json } from './client.ts';
import { queryOf } from './facts.ts';
import { CliFailure } from './failure.ts';

/** An app's id as a path of the API: `web` and `/web` are the same. */
export const appPath = (id: string): string => `/v2/apps/${id.replace(/^\/+/, '').split('/').map(encodeURIComponent).join('/')}`;

/** A pod's id as a path of the API. */
export const podPath = (id: string): string => appPath(id).replace('/v2/apps/', '/v2/pods/');

/** A group's id as a path of the API; the root's is the bare one. */
export const groupPath = (id: string): string => appPath(id).replace('/v2/apps/', '/v2/groups/').replace(/\/$/, '');

export const absoluteId = (id: string): string => `/${id.replace(/^\/+/, '')}`;

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/i;

/** The bare id within any form of an instance's id. */
export const uuidIn = (id: string): string | undefined => UUID.exec(id)?.[0]?.toLowerCase();

/**
 * The one instance whose id begins so: of those that run, else of all that ever did.
 * @throws CliFailure when there is none, or more than one.
 */
export const instanceCalled = async (client: Client, name: string): Promise<string> => {
  const whole = uuidIn(name);
  if (whole !== undefined) return whole;
  if (!/^[0-9a-f][0-9a-f-]*$/i.test(name)) throw new CliFailure(`there is no instance '${name}'`);
  const { tasks } = await client.ask('GET', '/v2/tasks');
  // Of a pod each container is a task.
  const alive = [...new Set((tasks as readonly Json[]).flatMap(({ id }) => uuidIn(id) ?? []))];
  return onlyOne('instance', name, alive) ?? onlyOne('instance', name, await everRequested(client)) ?? missing('instance', name);
};

export const deploymentCalled = async (client: Client, name: string): Promise<string> => {
  if (uuidIn(name) === name.toLowerCase()) return name.toLowerCase();
  const running = (await client.ask('GET', '/v2/deployments')) as readonly Json[];
  return (
    onlyOne(
      'deployment',
      name,
      running.map(({ id }) => id),
    ) ?? missing('deployment', name)
  );
};

const onlyOne = (kind: string, name: string, ids: readonly string[]): string | undefined => {
  const found = ids.filter((id) => id.startsWith(name.toLowerCase()));
  if (found.length > 1)
    throw new CliFailure(`'${name}' may be any of ${found.length} ${kind}s; give more of it`, { details: found.slice(0, 10) });
  return found[0];
};

const missing = (kind: string, name: string): never => {
  throw new CliFailure(`there is no ${kind} '${name}'`);
};

const everRequested = async (client: Client): Promise<readonly string[]> => {
  const ids: string[] = [];
  for (let after = 0, head = 1; after < head; ) {
    const page = await client.ask('GET', queryOf({ types: ['InstanceRequested'] }, { after, limit: 1000 }));
    ids.push(...(page.facts as readonly Json[]).map(({ stream }) => stream.slice('instance-'.length)));
    if (page.next <= after) break;
    [after, head] = [page.next, page.head];
  }
  return ids;
};
