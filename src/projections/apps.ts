import type { AppFact } from '../domain/app/app.facts.ts';
import type { AppDefinition } from '../domain/app/definition/definition.ts';
import { keyOf, nounOf } from '../domain/kernel/ids.ts';
import type { Recorded } from '../domain/kernel/recorded.ts';
import type { AppRow, AppsView, AppVersionRow } from '../domain/ports/views.ts';
import type { Projection } from './projection.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
export type Apps = {
  readonly rows: Map<string, Mutable<AppRow>>;
  /** By app and configuration version; kept when the app is gone, for instances that still end. */
  readonly definitions: Map<string, AppDefinition>;
};

export const definitionKey = (app: string, version: string): string => `${app} ${version}`;

/** Apps with their versions, and the newest definition of each configuration version. */
export const apps: Projection<Apps> = {
  name: 'apps',
  version: 2,
  initial: () => ({ rows: new Map(), definitions: new Map() }),
  evolve: (state, recorded) => {
    if (nounOf(recorded.stream) === 'app') evolveApp(state, recorded as Recorded<AppFact>);
  },
};

const evolveApp = (state: Apps, { stream, fact, meta }: Recorded<AppFact>): void => {
  const id = keyOf(stream);
  if (fact.type === 'AppVersionAdded') {
    addVersion(state, fact, meta.at);
    return;
  }
  const row = state.rows.get(id);
  if (row === undefined) return;
  if (fact.type === 'DeploymentBegan') {
    row.deployment = fact.deployment;
    row.lastDeployment = fact.deployment;
  }
  if (fact.type === 'DeploymentEnded') {
    delete row.deployment;
    row.slots = fact.slots;
  }
  if (fact.type === 'AppDestroyed') state.rows.delete(id);
};

const addVersion = (state: Apps, fact: Extract<AppFact, { type: 'AppVersionAdded' }>, at: number): void => {
  const { app, version, configVersion, definition, reason } = fact;
  const added: AppVersionRow = { version, configVersion, at, definition, reason };
  const target = { version, configVersion, instances: definition.instances };
  // What a running instance takes up changes in place, so the newest definition of its configuration is its own.
  state.definitions.set(definitionKey(app, configVersion), definition);
  const row = state.rows.get(app);
  if (row === undefined) {
    state.rows.set(app, { id: app, target, definition, slots: {}, versions: [added], lastScalingAt: at, lastConfigChangeAt: at });
    return;
  }
  if (row.target.instances !== target.instances) row.lastScalingAt = at;
  if (row.target.configVersion !== configVersion) {
    row.lastConfigChangeAt = at;
    row.lastScalingAt = at;
  }
  row.target = target;
  row.definition = definition;
  (row.versions as AppVersionRow[]).push(added);
};

export const appsView = ({ rows, definitions }: Apps): AppsView => ({
  get: (id) => rows.get(id),
  all: () => rows.values(),
  definition: (app, version) => definitions.get(definitionKey(app, version)),
});
