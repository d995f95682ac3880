import type { AppFact } from '../domain/app/app.facts.ts';
import type { AppDefinition } from '../domain/app/definition/definition.ts';
import type { DeploymentFact } from '../domain/deployment/deployment.facts.ts';
import { hookAppId, hookDefinition, namesOf } from '../domain/deployment/hookApp.ts';
import { isBelow } from '../domain/group/tree.ts';
import { keyOf, nounOf } from '../domain/kernel/ids.ts';
import type { Recorded } from '../domain/kernel/recorded.ts';
import { isoInstant } from '../domain/kernel/units.ts';
import type { AppRow, AppsView, AppVersionRow } from '../domain/ports/views.ts';
import { type Forgotten, forget, knownFrom } from './forgotten.ts';
import { type Gone, goneBy } from './gone.ts';
import type { Projection } from './projection.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
export type Apps = {
  readonly rows: Map<string, Mutable<AppRow>>;
  /** By app and configuration version; kept when the app is gone, for instances that still end. */
  readonly definitions: Map<string, AppDefinition>;
  /** By app: from when to when it was there, and in which versions. Kept when it is gone. */
  readonly lives: Map<string, Life[]>;
  readonly perNode: Set<string>;
  /** What bounds the two above; absent where the past is looked at, of which nothing is forgotten. */
  readonly bounds?: { readonly gone: Gone; readonly forgotten: Forgotten };
};

type Life = { readonly versions: readonly AppVersionRow[]; until?: string };

export const definitionKey = (app: string, version: string): string => `${app} ${version}`;

/** Apps with their versions, and the newest definition of each configuration version. */
export const apps: Projection<Apps> = {
  name: 'apps',
  version: 4,
  initial: () => ({
    rows: new Map(),
    definitions: new Map(),
    lives: new Map(),
    perNode: new Set(),
    bounds: { gone: [], forgotten: new Map() },
  }),
  evolve: (state, recorded) => {
    const noun = nounOf(recorded.stream);
    if (noun === 'app') evolveApp(state, recorded as Recorded<AppFact>);
    else if (noun === 'deployment') learnHooks(state, (recorded as Recorded<DeploymentFact>).fact);
  },
};

/** What a deployment's one-off commands run by: settled when it begins, whatever the app's definition says of them later. */
const learnHooks = ({ definitions }: Apps, fact: DeploymentFact): void => {
  if (fact.type !== 'DeploymentStarted' || fact.to === undefined) return;
  const { app, to, policy } = fact;
  const definition = definitions.get(definitionKey(app, to.configVersion));
  for (const hook of ['before', 'after'] as const) {
    const spec = policy?.[hook];
    if (definition === undefined || spec === undefined) continue;
    definitions.set(definitionKey(hookAppId(app, hook), to.configVersion), hookDefinition(definition, hook, spec.cmd));
  }
};

const evolveApp = (state: Apps, { stream, fact, meta }: Recorded<AppFact>): void => {
  const id = keyOf(stream);
  if (fact.type === 'AppVersionAdded') {
    addVersion(state, fact, meta.at);
    return;
  }
  const row = state.rows.get(id);
  if (row === undefined) return;
  if (fact.type === 'AutoscaleDecided') {
    const { from, to, because } = fact;
    const upAt = to > from ? meta.at : row.autoscaled?.upAt;
    row.autoscaled = { from, to, because, at: meta.at, ...(upAt !== undefined && { upAt }) };
  }
  if (fact.type === 'DeploymentBegan') {
    row.deployment = fact.deployment;
    row.lastDeployment = fact.deployment;
  }
  if (fact.type === 'DeploymentStopped') row.slots = fact.slots;
  if (fact.type === 'DeploymentEnded') {
    delete row.deployment;
    row.slots = fact.slots;
  }
  if (meta.state === 'held' || meta.state === 'frozen') row.held = true;
  else delete row.held;
  if (fact.type === 'AppDestroyed') {
    state.rows.delete(id);
    state.perNode.delete(id);
    const life = state.lives.get(id)?.at(-1);
    if (life === undefined) return;
    life.until = isoInstant(meta.at);
    const oldest = state.bounds && goneBy(state.bounds.gone, id);
    if (oldest !== undefined) forgetLife(state, oldest);
  }
};

/** The first life of an app, with the definitions that no later one has: who comes again by a plan's way back has the same ones. */
const forgetLife = ({ definitions, lives, bounds }: Apps, id: string): void => {
  const [first, ...rest] = lives.get(id) ?? [];
  if (first === undefined) return;
  if (rest.length === 0) lives.delete(id);
  else lives.set(id, rest);
  const kept = new Set(rest.flatMap(({ versions }) => versions.map(({ configVersion }) => configVersion)));
  for (const { configVersion } of first.versions) {
    if (kept.has(configVersion)) continue;
    for (const each of namesOf(id)) definitions.delete(definitionKey(each, configVersion));
  }
  if (bounds !== undefined && first.until !== undefined) forget(bounds.forgotten, id, first.until);
};

const addVersion = (state: Apps, fact: Extract<AppFact, { type: 'AppVersionAdded' }>, at: number): void => {
  const { app, version, configVersion, definition, reason } = fact;
  const added: AppVersionRow = { version, configVersion, at, definition, reason };
  const target = { version, configVersion, instances: definition.instances };
  if (definition.perNode === true) state.perNode.add(app);
  else state.perNode.delete(app);
  // What a running instance takes up changes in place, so the newest definition of its configuration is its own.
  state.definitions.set(definitionKey(app, configVersion), definition);
  const row = state.rows.get(app);
  if (row === undefined) {
    const versions = [added];
    state.rows.set(app, { id: app, target, definition, slots: {}, versions, lastScalingAt: at, lastConfigChangeAt: at });
    state.lives.set(app, [...(state.lives.get(app) ?? []), { versions }]);
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

export const appsView = ({ rows, definitions, lives, perNode, bounds }: Apps): AppsView => ({
  perNode: () => perNode,
  get: (id) => rows.get(id),
  all: () => rows.values(),
  definition: (app, version) => definitions.get(definitionKey(app, version)),
  at: (version) =>
    [...lives].flatMap(([app, all]) => {
      const life = all.findLast(
        ({ versions, until }) => (versions[0]?.version ?? '') <= version && (until === undefined || version < until),
      );
      const there = life?.versions.findLast((row) => row.version <= version);
      return there === undefined ? [] : [{ ...there, app }];
    }),
  versionOf: (app, version) => {
    for (const { versions } of lives.get(app) ?? []) {
      const row = versions.find((each) => each.version === version);
      if (row !== undefined) return row;
    }
    return undefined;
  },
  knownFrom: (group) => (bounds === undefined ? '' : knownFrom(bounds.forgotten, group)),
  versionsBelow: (group) =>
    [...lives].flatMap(([app, all]) =>
      isBelow(app, group)
        ? all.flatMap(({ versions, until }) => [...versions.map(({ version }) => version), ...(until === undefined ? [] : [until])])
        : [],
    ),
});
