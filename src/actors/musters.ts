import type { AppDefinition } from '../domain/app/definition/definition.ts';
import { DEPLOYMENT } from '../domain/deployment/deployment.facts.ts';
import type { Gang } from '../domain/instance/instance.facts.ts';
import { nounOf, type StreamName } from '../domain/kernel/ids.ts';
import type { Views } from '../domain/ports/views.ts';

/** Who is asked for together, of apps whose instances are placed all or none. */
export type Musters = {
  /**
   * How an instance that is asked for next belongs together with others.
   * @param missing of the version, this one included
   * @param owner only a deployment asks for many that belong together; what an app replaces stands in for one of those that are there
   */
  join(definition: AppDefinition, version: string, missing: number, instance: string, owner: StreamName): Gang | undefined;
};

/** Forgotten from so many on: looking once more finds the same. */
const KNOWN_MAX = 10_000;

type Muster = Gang & { left: number };

export const createMusters = (views: Pick<Views, 'instances'>): Musters => {
  /** By app and version, while more is to be asked for. */
  const open = new Map<string, Muster>();
  /** Where this process has looked for what another one began. */
  const known = new Set<string>();

  return {
    join: (definition, version, missing, instance, owner) => {
      if (definition.placement?.gang !== true || nounOf(owner) !== DEPLOYMENT) return undefined;
      const key = `${definition.id} ${version} ${owner}`;
      let muster = open.get(key);
      if (muster === undefined && !known.has(key)) muster = begun(views, definition.id, version, owner);
      if (known.size >= KNOWN_MAX) known.clear();
      known.add(key);
      if (muster === undefined && missing > 1) muster = { id: instance, size: missing, left: missing };
      if (muster === undefined) return undefined;
      muster.left -= 1;
      if (muster.left > 0) open.set(key, muster);
      else open.delete(key);
      return { id: muster.id, size: muster.size };
    },
  };
};

/** One whose members have not all been asked for. */
const begun = ({ instances }: Pick<Views, 'instances'>, app: string, version: string, owner: string): Muster | undefined => {
  const members = instances.ofApp(app).filter((row) => row.version === version && row.owner === owner && row.gang !== undefined);
  for (const [id, rows] of Map.groupBy(members, ({ gang }) => gang?.id ?? '')) {
    const size = rows[0]?.gang?.size ?? 0;
    const isWaiting = rows.some(({ state }) => state === 'requested' || state === 'waiting');
    if (isWaiting && rows.length < size) return { id, size, left: size - rows.length };
  }
  return undefined;
};
