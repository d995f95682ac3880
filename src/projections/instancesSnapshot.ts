import type { Tally } from '../domain/deployment/deployment.facts.ts';
import type { LaunchFailures } from '../domain/ports/views.ts';
import type { MutableRow } from './instanceRow.ts';
import { readRow, writeRow } from './instanceRowSnapshot.ts';
import type { AppInstances, Instances, NodeHolding } from './instances.ts';
import { type Lives, noLives } from './lives.ts';
import { SlotCounts } from './slotCounts.ts';
import type { SnapshotCodec, SnapshotSink, SnapshotSource } from './snapshot.ts';

/** Instances in a snapshot: all rows in their order, then what is kept by app and by node, naming rows by their number. Raise `instances.version` with any change. */
export const instancesSnapshot: SnapshotCodec<Instances> = {
  write: ({ rows, apps, nodes, bounds }, sink) => {
    const numbers = new Map<string, number>();
    sink.uint(rows.size);
    for (const row of rows.values()) {
      numbers.set(row.id, numbers.size);
      writeRow(row, sink);
      sink.rowEnd();
    }
    const numberOf = (id: string): number => numbers.get(id) as number;
    sink.uint(apps.size);
    for (const [id, app] of apps) {
      sink.word(id);
      writeApp(app, sink, numberOf);
      sink.rowEnd();
    }
    sink.uint(nodes.size);
    for (const [id, there] of nodes) {
      sink.word(id);
      sink.uint(there.size);
      for (const instance of there) sink.uint(numberOf(instance));
      sink.rowEnd();
    }
    writeLives(bounds?.lives ?? noLives(), sink);
    sink.uint(bounds?.ended.size ?? 0);
    for (const id of bounds?.ended ?? []) {
      sink.uint(numberOf(id));
      sink.rowEnd();
    }
  },
  *read(source) {
    const rows: Instances['rows'] = new Map();
    const numbered: MutableRow[] = [];
    /** Those that have not ended, in the order of the rows. */
    const live = new Map<string, Map<string, MutableRow>>();
    for (let left = source.uint(); left > 0; left--) {
      const row = readRow(source);
      numbered.push(row);
      rows.set(row.id, row);
      if (row.endedAt === undefined) {
        const others = live.get(row.app);
        if (others === undefined) live.set(row.app, new Map([[row.id, row]]));
        else others.set(row.id, row);
      }
      if (source.rowEnd()) yield;
    }
    const apps: Instances['apps'] = new Map();
    for (let left = source.uint(); left > 0; left--) {
      const id = source.word();
      apps.set(
        id,
        readApp(source, live.get(id) ?? new Map(), (nth) => numbered[nth] as MutableRow),
      );
      if (source.rowEnd()) yield;
    }
    const nodes: Instances['nodes'] = new Map();
    for (let left = source.uint(); left > 0; left--) {
      const id = source.word();
      const there = new Set<string>();
      for (let count = source.uint(); count > 0; count--) there.add((numbered[source.uint()] as MutableRow).id);
      nodes.set(id, there);
      if (source.rowEnd()) yield;
    }
    const lives = yield* readLives(source);
    const ended = new Set<string>();
    for (let left = source.uint(); left > 0; left--) {
      ended.add((numbered[source.uint()] as MutableRow).id);
      if (source.rowEnd()) yield;
    }
    return { rows, apps, nodes, bounds: { lives, ended } };
  },
};

const writeLives = ({ byApp, gone }: Lives, sink: SnapshotSink): void => {
  sink.uint(byApp.size);
  for (const [app, lives] of byApp) {
    sink.word(app);
    sink.uint(lives.length);
    for (const { versions, isOver } of lives) {
      sink.uint(isOver ? 1 : 0);
      sink.uint(versions.length);
      for (const version of versions) sink.word(version);
    }
    sink.rowEnd();
  }
  sink.uint(gone.length);
  for (const app of gone) {
    sink.word(app);
    sink.rowEnd();
  }
};

const readLives = function* (source: SnapshotSource): Generator<void, Lives> {
  const lives = noLives();
  for (let left = source.uint(); left > 0; left--) {
    const app = source.word();
    const all: { versions: string[]; isOver: boolean }[] = [];
    for (let count = source.uint(); count > 0; count--) {
      const isOver = source.uint() === 1;
      const versions: string[] = [];
      for (let each = source.uint(); each > 0; each--) versions.push(source.word());
      all.push({ versions, isOver });
    }
    lives.byApp.set(app, all);
    if (source.rowEnd()) yield;
  }
  for (let left = source.uint(); left > 0; left--) {
    lives.gone.push(source.word());
    if (source.rowEnd()) yield;
  }
  return lives;
};

const writeApp = (app: AppInstances, sink: SnapshotSink, numberOf: (id: string) => number): void => {
  sink.uint(app.ended.length);
  for (const { id } of app.ended) sink.uint(numberOf(id));
  sink.plain([[...app.tallies], [...app.failures]]);
  sink.uint(app.slots.size);
  for (const [version, slots] of app.slots) {
    sink.word(version);
    sink.uint(slots.size);
    for (const [slot, count] of slots) {
      sink.uint(slot);
      sink.uint(count);
    }
  }
  sink.uint(app.forsaken);
  sink.uint(app.attempts.size);
  for (const [version, made] of app.attempts) {
    sink.word(version);
    sink.uint(made.length);
    for (const attempts of made) sink.uint(attempts);
  }
  sink.uint(app.states.size);
  for (const [version, states] of app.states) {
    sink.word(version);
    sink.uint(states.size);
    for (const [state, count] of states) {
      sink.word(state);
      sink.uint(count);
    }
  }
  sink.uint(app.holdings.size);
  for (const [version, nodes] of app.holdings) {
    sink.word(version);
    sink.uint(nodes.size);
    for (const [node, { instances, ports }] of nodes) {
      sink.word(node);
      sink.uint(instances);
      sink.uint(ports.length);
      for (const port of ports) sink.uint(port);
    }
  }
};

const readApp = (source: SnapshotSource, live: Map<string, MutableRow>, rowOf: (nth: number) => MutableRow): AppInstances => {
  const ended: MutableRow[] = [];
  for (let count = source.uint(); count > 0; count--) ended.push(rowOf(source.uint()));
  const [tallies, failures] = source.plain() as [[string, Tally][], [string, LaunchFailures][]];
  const slots: AppInstances['slots'] = new Map();
  for (let versions = source.uint(); versions > 0; versions--) {
    const held = new SlotCounts();
    slots.set(source.word(), held);
    for (let count = source.uint(); count > 0; count--) held.change(source.uint(), source.uint());
  }
  const forsaken = source.uint();
  const attempts: AppInstances['attempts'] = new Map();
  for (let versions = source.uint(); versions > 0; versions--) {
    const made: number[] = [];
    attempts.set(source.word(), made);
    for (let count = source.uint(); count > 0; count--) made.push(source.uint());
  }
  const states: AppInstances['states'] = new Map();
  for (let versions = source.uint(); versions > 0; versions--) {
    const there = new Map<string, number>();
    states.set(source.word(), there);
    for (let count = source.uint(); count > 0; count--) there.set(source.word(), source.uint());
  }
  const holdings: AppInstances['holdings'] = new Map();
  for (let versions = source.uint(); versions > 0; versions--) {
    const nodes = new Map<string, NodeHolding>();
    holdings.set(source.word(), nodes);
    for (let count = source.uint(); count > 0; count--) {
      const node = source.word();
      const instances = source.uint();
      const ports: number[] = [];
      for (let each = source.uint(); each > 0; each--) ports.push(source.uint());
      nodes.set(node, { instances, ports });
    }
  }
  return { live, ended, tallies: new Map(tallies), slots, forsaken, failures: new Map(failures), attempts, states, holdings };
};
