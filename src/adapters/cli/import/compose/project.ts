import { basename } from 'node:path';
import { isPathId } from '../../../../domain/app/definition/pathId.ts';
import { isObject } from '../../../../domain/app/definition/readers.ts';
import type { Json } from '../../client.ts';
import { appOf } from './app.ts';
import type { ComposeFile } from './document.ts';
import { interpolated, type Variables } from './interpolate.ts';
import { type Remark, type Remarks, remarks } from './remarks.ts';
import { textIn, textsIn } from './values.ts';

export type ProjectOptions = {
  /** Absolute: the folder of the file. */
  readonly folder: string;
  readonly home: string;
  /** Name of the project instead of the file's or the folder's. */
  readonly name?: string;
  readonly profiles: readonly string[];
  readonly network?: string;
  /** The shell's, before those of `.env`. */
  readonly variables: Variables;
  /** The content of env files, by the path as it is written. */
  readonly envFiles: ReadonlyMap<string, string | undefined>;
};

export type Project = {
  /** `{id, apps}` as `/v2/groups` takes it. */
  readonly group: Json;
  readonly remarks: readonly Remark[];
};

/** A compose file as a group with an app for each service, and what is to be said about its fields. Pure: files were read before. */
export const projectOf = (file: ComposeFile, options: ProjectOptions): Project => {
  const found = remarks();
  const { name: written, services, volumes, networks, ...rest } = interpolated(file, options.variables, found) as Json;
  const project = (options.name ?? options.variables.COMPOSE_PROJECT_NAME ?? textIn(written) ?? basename(options.folder))
    .toLowerCase()
    .replace(/[^a-z0-9_-]/g, '')
    .replace(/^[_-]+/, '');
  const group = idOf(project);
  if (!isPathId(group)) found.refuse('name', `'${project}' is no name of a group; --project gives one`);
  refuseRest(rest, networks, found);
  const wanted = chosen(services, options.profiles, found);
  const ids = idsOf(wanted, found);
  const place = { project, folder: options.folder, home: options.home, declared: isObject(volumes) ? volumes : {} };
  const around = {
    place,
    envFiles: options.envFiles,
    shell: options.variables,
    ids,
    ...(options.network !== undefined && { network: options.network }),
  };
  const apps = wanted.map(([name, service]) => appOf(name, service, around, found));
  checkHealthy(wanted, found);
  if (wanted.length === 0) found.refuse('services', 'none is left; --profile chooses more');
  return { group: { id: `/${group}`, apps }, remarks: found.all };
};

const idOf = (name: string): string =>
  name
    .toLowerCase()
    .replace(/_+/g, '-')
    .replace(/^-+|-+$/g, '');

const refuseRest = (rest: Json, networks: unknown, found: Remarks): void => {
  if (rest.include !== undefined) found.refuse('include', "is not followed; 'docker compose config' writes the file out without it");
  for (const [name, network] of Object.entries(isObject(networks) ? networks : {}))
    for (const key of Object.keys((network ?? {}) as object))
      if (key !== 'name' && key !== 'external') found.leave(`networks.${name}.${key}`, 'no networks are made');
  // Secrets and configs are told where they are used.
  for (const key of Object.keys(rest))
    if (!['version', 'include', 'secrets', 'configs'].includes(key) && !key.startsWith('x-'))
      found.leave(key, 'there is nothing of the kind here');
};

/** The services without a profile, and those of the profiles that were asked for. */
const chosen = (services: Json, profiles: readonly string[], found: Remarks): readonly (readonly [string, Json])[] =>
  Object.entries(services as Json).flatMap(([name, service]) => {
    const path = `services.${name}`;
    if (!isObject(service)) {
      found.refuse(path, 'must be a map');
      return [];
    }
    const own = textsIn(service.profiles) ?? [];
    if (own.length === 0 || profiles.includes('*') || own.some((each) => profiles.includes(each))) return [[name, service] as const];
    found.note(`${path}.profiles`, `is not asked for: --profile ${own.join(' or ')}`);
    return [];
  });

const idsOf = (services: readonly (readonly [string, Json])[], found: Remarks): ReadonlyMap<string, string> => {
  const ids = new Map<string, string>();
  for (const [name] of services) {
    const id = idOf(name);
    const path = `services.${name}`;
    if (!isPathId(id)) found.refuse(path, `'${name}' cannot be an id`);
    else if ([...ids.values()].includes(id)) found.refuse(path, `another service has the id ${id} too`);
    else if (id !== name) found.note(path, `is called ${id} here`);
    ids.set(name, id);
  }
  return ids;
};

/** `service_healthy` is a dependency like any other: what is healthy is what its checks say, and it needs some. */
const checkHealthy = (services: readonly (readonly [string, Json])[], found: Remarks): void => {
  const withChecks = new Set(services.filter(([, { healthcheck }]) => isObject(healthcheck)).map(([name]) => name));
  for (const [name, { depends_on: dependsOn }] of services)
    for (const [other, options] of Object.entries(isObject(dependsOn) ? dependsOn : {}))
      if ((options as Json)?.condition === 'service_healthy' && !withChecks.has(other))
        found.leave(`services.${name}.depends_on.${other}.condition`, `${other} has no healthcheck in the file; it only has to be up`);
};
