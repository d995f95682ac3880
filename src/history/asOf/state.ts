import type { AppFact } from '../../domain/app/app.facts.ts';
import type { DeploymentFact } from '../../domain/deployment/deployment.facts.ts';
import { hookAppId } from '../../domain/deployment/hookApp.ts';
import { keyOf, nounOf, type StreamName } from '../../domain/kernel/ids.ts';
import type { Recorded } from '../../domain/kernel/recorded.ts';
import type { PastIndex, StoredPart } from '../../domain/ports/pastIndex.ts';
import { RETENTION, type RetentionFact } from '../../domain/retention/retention.facts.ts';
import { apps } from '../../projections/apps.ts';
import { deployments } from '../../projections/deployments.ts';
import { groups } from '../../projections/groups.ts';
import { instances } from '../../projections/instances.ts';
import { nodes } from '../../projections/nodes.ts';
import { plans } from '../../projections/plans.ts';
import type { Projection } from '../../projections/projection.ts';
import { roles } from '../../projections/roles.ts';
import { strategies } from '../../projections/strategies.ts';
import { appPartOf, type LazyApps, restoreApp } from './appPart.ts';
import { instancesTextOf, type LazyInstances, restoreInstances } from './instancesPart.ts';
import { LazyMap, LazySet } from './lazyMap.ts';
import { stateIn, textOf } from './plainText.ts';

/** Views that are kept as a whole, with the nouns whose facts change them. */
const WHOLE = [
  { projection: nodes, nouns: ['node'] },
  { projection: groups, nouns: ['group'] },
  { projection: plans, nouns: ['group', 'plan'] },
  { projection: deployments, nouns: ['app', 'deployment', 'group'] },
  { projection: strategies, nouns: ['strategy'] },
  { projection: roles, nouns: ['role'] },
] as const;

/** What an index is of: a part that another version of a view has written is never read. */
export const VIEWS_KEPT = [apps, instances, ...WHOLE.map(({ projection }) => projection)]
  .map(({ name, version }) => `${name}@${version}`)
  .join(' ');

type About = { readonly term: number; readonly unreadable: readonly (readonly [StreamName, string])[] };

/** The views' states at a position: what was kept at a boundary before it, read as it is needed, and the facts since folded into that. */
export type AsOfState = {
  readonly apps: LazyApps;
  readonly instances: LazyInstances;
  readonly whole: Readonly<Record<string, object>>;
  readonly unreadable: ReadonlyMap<StreamName, string>;
  position(): number;
  /** Loads every instance that lives: for those who go through all nodes. */
  loadLive(): void;
  /** Loads all that was kept: for those who go on from here. */
  loadAll(): void;
  fold(recorded: Recorded): void;
  /** Behind a fact that nobody can read nothing is known of its stream. */
  giveUp(stream: StreamName, why: string): void;
  /** Parts that changed since the boundary, as they are now. */
  changed(): readonly StoredPart[];
};

/** @param appOfInstance the app of an instance that came at or before the boundary, by its first fact */
export const asOfState = (index: PastIndex, boundary: number, appOfInstance: (id: string) => string | undefined): AsOfState => {
  let position = boundary;
  const about = JSON.parse(index.part('about', boundary) ?? '{"term":0,"unreadable":[]}') as About;
  let { term } = about;
  const unreadable = new Map(about.unreadable);
  const now = () => position;

  const loadedApps = new Set<string>();
  const loadedCounts = new Set<string>();
  /** Configuration versions whose definitions are kept, by app. */
  const versions = new Map<string, Set<string>>();
  const versionsOf = (app: string): Set<string> => {
    const known = versions.get(app) ?? new Set();
    versions.set(app, known);
    return known;
  };
  const loadApp = (id: string): void => {
    if (loadedApps.has(id)) return;
    loadedApps.add(id);
    const text = index.part(`app ${id}`, boundary);
    if (text === undefined) return;
    const known = versionsOf(id);
    for (const version of restoreApp(appsState, id, text)) known.add(version);
  };
  const loadCounts = (id: string): void => {
    if (loadedCounts.has(id)) return;
    loadedCounts.add(id);
    const text = index.part(`count ${id}`, boundary);
    const part = (kind: string) => () => index.part(`${kind} ${id}`, boundary) ?? '';
    if (text !== undefined) restoreInstances(instancesState, id, text, { rows: part('rows'), ended: part('ended'), held: part('held') });
  };
  const soughtInstances = new Set<string>();
  const loadInstance = (id: string): void => {
    if (soughtInstances.has(id)) return;
    soughtInstances.add(id);
    const app = appOfInstance(id);
    // Its rows come with the first look at them; one that has ended is looked for among those last.
    const rows = app === undefined ? undefined : instancesState.apps.get(app);
    if (rows?.live.has(id) === false) void rows.ended;
  };
  let areAllApps = false;
  const loadAllApps = (): void => {
    if (areAllApps) return;
    areAllApps = true;
    for (const part of index.parts('app ')) loadApp(part.slice('app '.length));
  };
  let areAllCounts = false;
  const loadAllCounts = (): void => {
    if (areAllCounts) return;
    areAllCounts = true;
    for (const part of index.parts('count ')) loadCounts(part.slice('count '.length));
  };
  let areAllLive = false;
  const loadLive = (): void => {
    if (areAllLive) return;
    areAllLive = true;
    for (const app of instancesState.apps.values()) void app.live;
  };
  let areAllRows = false;
  const loadAllRows = (): void => {
    if (areAllRows) return;
    areAllRows = true;
    for (const app of instancesState.apps.values()) void [app.live, app.ended];
  };

  const appsState: LazyApps = {
    rows: new LazyMap({ one: loadApp, all: loadAllApps }, now),
    definitions: new LazyMap({ one: (key) => loadApp(key.slice(0, key.indexOf(' '))), all: loadAllApps }, now),
    lives: new LazyMap({ one: loadApp, all: loadAllApps }, now),
    perNode: new LazySet(loadAllApps),
  };
  const instancesState: LazyInstances = {
    rows: new LazyMap({ one: loadInstance, all: loadAllRows }, now),
    apps: new LazyMap({ one: loadCounts, all: loadAllCounts }, now),
    nodes: new Map(),
  };
  const whole = Object.fromEntries(
    WHOLE.map(({ projection }) => {
      const text = index.part(`view ${projection.name}`, boundary);
      return [projection.name, text === undefined ? projection.initial() : stateIn(text)];
    }),
  );
  const folded: readonly (readonly [object, Projection<never>])[] = [
    [appsState, apps as Projection<never>],
    [instancesState, instances as Projection<never>],
    ...WHOLE.map(({ projection }) => [whole[projection.name] as object, projection as Projection<never>] as const),
  ];

  const dirty = { apps: new Set<string>(), instances: new Set<string>(), whole: new Set<string>() };
  let isAboutDirty = false;
  const mark = (recorded: Recorded): void => {
    const noun = nounOf(recorded.stream);
    for (const { projection, nouns } of WHOLE) if ((nouns as readonly string[]).includes(noun)) dirty.whole.add(projection.name);
    if (noun === 'app') {
      const fact = recorded.fact as AppFact;
      dirty.apps.add(keyOf(recorded.stream));
      if (fact.type === 'AppVersionAdded') versionsOf(fact.app).add(fact.configVersion);
    } else if (noun === 'deployment') {
      const fact = recorded.fact as DeploymentFact;
      if (fact.type !== 'DeploymentStarted' || fact.to === undefined) return;
      for (const hook of ['before', 'after'] as const) {
        if (fact.policy?.[hook] === undefined) continue;
        const id = hookAppId(fact.app, hook);
        versionsOf(id).add(fact.to.configVersion);
        dirty.apps.add(id);
      }
    } else if (noun === 'instance') {
      const app = instancesState.rows.get(keyOf(recorded.stream))?.app;
      if (app !== undefined) dirty.instances.add(app);
    } else if (noun === RETENTION) {
      const fact = recorded.fact as RetentionFact;
      for (const app of fact.type === 'StreamsArchived' ? Object.keys(fact.attempts) : []) dirty.instances.add(app);
    }
  };
  const giveUp = (stream: StreamName, why: string): void => {
    unreadable.set(stream, why);
    isAboutDirty = true;
  };

  return {
    apps: appsState,
    instances: instancesState,
    whole,
    unreadable,
    position: now,
    loadAll: () => {
      loadAllApps();
      loadAllRows();
    },
    loadLive,
    giveUp,
    fold: (recorded) => {
      if (recorded.position <= position) return;
      position = recorded.position;
      if (unreadable.has(recorded.stream) || recorded.meta.term < term) return;
      if (recorded.meta.term > term) isAboutDirty = true;
      ({ term } = recorded.meta);
      // It begins here: nothing of it was kept before.
      if (recorded.revision === 0 && nounOf(recorded.stream) === 'instance') soughtInstances.add(keyOf(recorded.stream));
      try {
        for (const [state, projection] of folded) projection.evolve(state as never, recorded);
      } catch (error) {
        giveUp(recorded.stream, `no view takes revision ${recorded.revision}: ${error instanceof Error ? error.message : String(error)}`);
      }
      mark(recorded);
    },
    changed: () => {
      const parts: StoredPart[] = [];
      for (const id of dirty.apps) parts.push({ part: `app ${id}`, text: appPartOf(appsState, id, versionsOf(id)) });
      for (const id of dirty.instances) {
        const texts = instancesTextOf(instancesState, id);
        if (texts === undefined) continue;
        for (const [kind, text] of [
          ['count', texts.counts],
          ['rows', texts.rows],
          ['ended', texts.ended],
          ['held', texts.held],
        ] as const)
          parts.push({ part: `${kind} ${id}`, text });
      }
      for (const name of dirty.whole) parts.push({ part: `view ${name}`, text: textOf(whole[name] as object) });
      if (isAboutDirty) parts.push({ part: 'about', text: JSON.stringify({ term, unreadable: [...unreadable] } satisfies About) });
      return parts;
    },
  };
};
