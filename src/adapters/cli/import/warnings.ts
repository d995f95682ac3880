import { either as E } from 'fp-ts';
import { readApp } from '../../../domain/app/definition/parse.ts';
import { servicePortsOf } from '../../../domain/app/definition/servicePorts.ts';
import type { Json } from '../client.ts';
import type { Refusals } from './refusals.ts';
import { isWithin, type Wanted } from './wanted.ts';

/** What is carried as it is, and may yet not be what somebody expects: dependencies on nothing, service ports that another app has too. */
export const warningsOf = (wanted: Wanted, there: Wanted, refusals: Refusals): readonly string[] => {
  const present = [...wanted.apps, ...wanted.pods, ...there.apps, ...there.pods].map(({ id }) => id as string);
  const here = new Set([...there.apps, ...there.pods].map(({ id }) => id as string));
  const ids = new Set(present.filter((id) => !refusals.has(id) || here.has(id)));
  const exists = (dependency: string): boolean => ids.has(dependency) || [...ids].some((id) => isWithin(id, dependency));
  const dangling = [...wanted.apps, ...wanted.pods, ...wanted.groups].flatMap(({ id, dependencies = [] }: Json) =>
    (dependencies as readonly string[])
      .filter((dependency) => !exists(dependency))
      .map(
        (dependency) => `${id} depends on ${dependency}, which is ${refusals.has(dependency) ? 'left out' : 'neither imported nor here'}`,
      ),
  );
  return [...dangling, ...sharedPorts(wanted, there)];
};

const sharedPorts = (wanted: Wanted, there: Wanted): readonly string[] => {
  const wantedIds = new Set(wanted.apps.map(({ id }) => id));
  const owners = new Map<number, string>();
  for (const app of there.apps) if (!wantedIds.has(app.id)) for (const port of portsOf(app)) owners.set(port, app.id);
  return wanted.apps.flatMap((app) =>
    portsOf(app).flatMap((port) => {
      const owner = owners.get(port);
      if (owner === undefined) owners.set(port, app.id);
      return owner === undefined || owner === app.id ? [] : [`${app.id} has service port ${port}, which ${owner} has too; it is kept`];
    }),
  );
};

const portsOf = (app: Json): readonly number[] => {
  const read = readApp(app);
  return E.isRight(read) ? servicePortsOf(read.right.definition).filter((port) => port !== 0) : [];
};
