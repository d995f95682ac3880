import { apps } from './apps.ts';
import { deployments } from './deployments.ts';
import { groups } from './groups.ts';
import { instances } from './instances.ts';
import { instancesSnapshot } from './instancesSnapshot.ts';
import { nodes } from './nodes.ts';
import { plans } from './plans.ts';
import type { Projection } from './projection.ts';
import { roles } from './roles.ts';
import { roster } from './roster.ts';
import { rosterSnapshot } from './rosterSnapshot.ts';
import { createRunner, type Reached, type Runner } from './runner.ts';
import { type SnapshotCodec, wholeSnapshot } from './snapshot.ts';
import { strategies } from './strategies.ts';

type Kept<S> = { readonly projection: Projection<S>; readonly codec: SnapshotCodec<S> };
const kept = <S>(projection: Projection<S>, codec: SnapshotCodec<S> = wholeSnapshot()): Kept<S> => ({ projection, codec });

/** The live views that a snapshot holds, in its order. Who is found by name follows from their rows. */
export const KEPT = {
  apps: kept(apps),
  nodes: kept(nodes),
  groups: kept(groups),
  plans: kept(plans),
  deployments: kept(deployments),
  strategies: kept(strategies),
  roles: kept(roles),
  instances: kept(instances, instancesSnapshot),
  roster: kept(roster, rosterSnapshot),
};

export type KeptStates = { readonly [K in keyof typeof KEPT]: ReturnType<(typeof KEPT)[K]['projection']['initial']> };

/** Names and versions: a snapshot of others is not used. */
export const KEPT_VERSIONS: string = Object.values(KEPT)
  .map(({ projection: { name, version } }) => `${name}@${version}`)
  .join(' ');

/** What live views hold at a position. */
export type ViewsAt = { readonly reached: Reached; readonly states: KeptStates };

/** The views that are kept, behind one runner. @param from where they go on; from the log's beginning where absent */
export const runKept = (from?: ViewsAt): { readonly runner: Runner; readonly states: KeptStates } => {
  const runner = createRunner(from?.reached);
  const states = Object.fromEntries(
    Object.entries(KEPT).map(([name, { projection }]) => [
      name,
      runner.add(projection as Projection<unknown>, from?.states[name as keyof KeptStates]),
    ]),
  );
  return { runner, states: states as KeptStates };
};
