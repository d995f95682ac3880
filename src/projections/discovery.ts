import { phaseOf } from '../domain/instance/instance.states.ts';
import { keyOf, nounOf } from '../domain/kernel/ids.ts';
import type { Recorded } from '../domain/kernel/recorded.ts';
import { keysOfApp } from '../domain/network/keys.ts';
import type { DiscoveryView, ReadyApp, Views } from '../domain/ports/views.ts';
import { namedTasksOf } from './namedTasks.ts';
import type { Projection } from './projection.ts';

/** Changes of one app's instances that are remembered one by one; whoever asks later looks at all of them. */
const CHANGES_KEPT = 1_024;

type Rows = Pick<Views, 'apps' | 'instances' | 'nodes'>;

type Entry = {
  readonly app: string;
  readonly ready: Set<string>;
  revision: number;
  /** One for each of the last revisions. */
  changed: string[];
  readonly keys: Set<string>;
};

type Key = { readonly apps: Set<Entry>; revision: number };

export type Discovery = {
  readonly apps: Map<string, Entry>;
  readonly keys: Map<string, Key>;
  /** How many keys lie below a name. */
  readonly above: Map<string, number>;
  nodesRevision: number;
};

/** Who is ready, by the keys of names. A change costs the same however many others there are. It reads rows that others have folded first. */
export const discoveryOver = (rows: Rows): Projection<Discovery> => ({
  name: 'discovery',
  version: 1,
  initial: () => ({ apps: new Map(), keys: new Map(), above: new Map(), nodesRevision: 0 }),
  evolve: (state, recorded) => {
    switch (nounOf(recorded.stream)) {
      case 'instance':
        return evolveInstance(state, rows, recorded);
      case 'app':
        return recorded.fact.type === 'AppVersionAdded' ? evolveDefinition(state, rows, keyOf(recorded.stream)) : undefined;
      case 'node':
        return evolveNode(state, rows, recorded);
    }
  },
});

/** What was folded into rows already, seen at once. Revisions begin anew. */
export const discoveryOf = (rows: Rows): Discovery => {
  const state = discoveryOver(rows).initial();
  for (const { id, app, state: stands } of rows.instances.all()) {
    if (phaseOf(stands) !== 'ready') continue;
    entryOf(state, rows, app).ready.add(id);
  }
  return state;
};

export type AskedDiscovery = { asked?: Discovery };

/**
 * As `discoveryOver`, but nothing is kept before somebody asks for the first time, which takes a moment for each instance then: where nobody
 * asks for names, nobody pays for them.
 */
export const discoveryOnceAsked = (rows: Rows): Projection<AskedDiscovery> => {
  const over = discoveryOver(rows);
  return {
    ...over,
    initial: () => ({}),
    evolve: ({ asked }, recorded) => {
      if (asked !== undefined) over.evolve(asked, recorded);
    },
  };
};

export const onceAskedView = (state: AskedDiscovery, rows: Rows): DiscoveryView => {
  let asked: DiscoveryView | undefined;
  const view = (): DiscoveryView => {
    if (asked === undefined) {
      state.asked = discoveryOf(rows);
      asked = discoveryView(state.asked, rows);
    }
    return asked;
  };
  return {
    ready: () => view().ready(),
    key: (key) => view().key(key),
    isAbove: (name) => view().isAbove(name),
    changedSince: (entry, revision) => view().changedSince(entry, revision),
    tasksOf: (instance) => view().tasksOf(instance),
    nodesRevision: () => view().nodesRevision(),
  };
};

const evolveInstance = (state: Discovery, rows: Rows, { stream, meta }: Recorded): void => {
  const id = keyOf(stream);
  const app = rows.instances.get(id)?.app;
  if (app === undefined) return;
  const isReady = phaseOf(meta.state) === 'ready';
  const known = state.apps.get(app);
  if (!isReady && known?.ready.has(id) !== true) return;
  const entry = known ?? entryOf(state, rows, app);
  if (isReady) entry.ready.add(id);
  else entry.ready.delete(id);
  touch(state, entry, id);
  if (entry.ready.size === 0) leave(state, entry);
};

const isReadyIn = (state: Discovery, { instances }: Pick<Rows, 'instances'>, id: string): boolean => {
  const app = instances.get(id)?.app;
  return app !== undefined && state.apps.get(app)?.ready.has(id) === true;
};

/** A change in place: what is told of ports may differ. */
const evolveDefinition = (state: Discovery, rows: Rows, app: string): void => {
  const entry = state.apps.get(app);
  if (entry === undefined) return;
  addKeys(state, rows, entry);
  touch(state, entry);
};

const evolveNode = (state: Discovery, { instances }: Rows, { stream, fact }: Recorded): void => {
  if (fact.type !== 'NodeRegistered' && fact.type !== 'NodeOfferChanged' && fact.type !== 'NodeRemoved') return;
  state.nodesRevision += 1;
  for (const { id, app } of instances.onNode(keyOf(stream))) {
    const entry = state.apps.get(app);
    if (entry?.ready.has(id) === true) touch(state, entry, id);
  }
};

const entryOf = (state: Discovery, rows: Rows, app: string): Entry => {
  const known = state.apps.get(app);
  if (known !== undefined) return known;
  const entry: Entry = { app, ready: new Set(), revision: 0, changed: [], keys: new Set() };
  state.apps.set(app, entry);
  addKeys(state, rows, entry);
  return entry;
};

/** Keys are only added while the app has ready instances: old ones may still serve what an older definition promised. */
const addKeys = (state: Discovery, { apps }: Rows, entry: Entry): void => {
  for (const key of keysOfApp(entry.app, apps.get(entry.app)?.definition)) {
    if (entry.keys.has(key)) continue;
    entry.keys.add(key);
    const there = state.keys.get(key);
    if (there === undefined) {
      state.keys.set(key, { apps: new Set([entry]), revision: 0 });
      countAbove(state, key, 1);
    } else there.apps.add(entry);
  }
};

/** @param id absent: all of them. */
const touch = (state: Discovery, entry: Entry, id?: string): void => {
  entry.revision += 1;
  if (id === undefined) entry.changed = [];
  else {
    entry.changed.push(id);
    if (entry.changed.length > 2 * CHANGES_KEPT) entry.changed = entry.changed.slice(-CHANGES_KEPT);
  }
  for (const key of entry.keys) {
    const there = state.keys.get(key);
    if (there !== undefined) there.revision += 1;
  }
};

const leave = (state: Discovery, entry: Entry): void => {
  state.apps.delete(entry.app);
  for (const key of entry.keys) {
    const there = state.keys.get(key);
    if (there === undefined) continue;
    there.apps.delete(entry);
    if (there.apps.size > 0) continue;
    state.keys.delete(key);
    countAbove(state, key, -1);
  }
};

const countAbove = ({ above }: Discovery, key: string, change: 1 | -1): void => {
  for (let dot = key.indexOf('.'); dot >= 0; dot = key.indexOf('.', dot + 1)) {
    const name = key.slice(dot + 1);
    const count = (above.get(name) ?? 0) + change;
    if (count === 0) above.delete(name);
    else above.set(name, count);
  }
};

export const discoveryView = (state: Discovery, { apps, instances, nodes }: Rows): DiscoveryView => ({
  ready: () => state.apps.values(),
  key: (key) => state.keys.get(key),
  isAbove: (name) => state.above.has(name),
  changedSince: (entry: ReadyApp, revision) => {
    const { changed } = entry as Entry;
    const count = entry.revision - revision;
    if (count === 0) return [];
    return count <= changed.length ? changed.slice(-count) : undefined;
  },
  tasksOf: (instance) => {
    const row = isReadyIn(state, { instances }, instance) ? instances.get(instance) : undefined;
    const node = row?.node === undefined ? undefined : nodes.get(row.node);
    return row === undefined || node === undefined ? [] : namedTasksOf(row, apps.definition(row.app, row.version), node);
  },
  nodesRevision: () => state.nodesRevision,
});
