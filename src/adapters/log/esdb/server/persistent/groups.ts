import type { Clock } from '../../../../../domain/kernel/ports.ts';
import type { EventStore } from '../../../../../domain/ports/eventStore.ts';
import type { DropReason, GroupInfo } from './consumers.ts';
import { type Filter, filterProblem } from './filter.ts';
import { type GroupName, parkedStreamOf } from './names.ts';
import type { GroupRecord, GroupRecords } from './records.ts';
import { type RunningGroup, runningGroup } from './runningGroup.ts';
import { type GroupSettings, groupNameProblem, settingsProblem } from './settings.ts';
import { sourceOf } from './source.ts';

export type GroupFault =
  | ({ readonly _tag: 'DoesNotExist' | 'Exists' } & GroupName)
  | { readonly _tag: 'Invalid'; readonly message: string };

/** All groups of a store. What answers undefined has been done, and is on disk. */
export type Groups = {
  create(name: GroupName, settings: GroupSettings, filter: Filter | undefined): Promise<GroupFault | undefined>;
  /** The checkpoint stays; `startFrom` counts as long as there is none. Consumers are dropped, and may come again at once. */
  update(name: GroupName, settings: GroupSettings): Promise<GroupFault | undefined>;
  /** With its checkpoint and its parked messages. */
  remove(name: GroupName): Promise<GroupFault | undefined>;
  find(name: GroupName): Promise<RunningGroup | undefined>;
  /** By stream and name; all, or those of one stream. */
  list(stream?: string): Promise<readonly GroupInfo[]>;
  /** Drops every consumer and begins again with what is kept. */
  restart(): Promise<void>;
  close(): Promise<void>;
};

export type GroupsOptions = {
  readonly store: EventStore;
  readonly records: GroupRecords;
  readonly clock: Clock;
  /** What a group could not do just now, and will try again; the same at most once a minute. */
  onFault(name: GroupName, what: string): void;
};

/** How often the same trouble of a group is told, ms. */
const TOLD_EVERY_MS = 60_000;

const keyOf = ({ stream, group }: GroupName): string => `${stream}::${group}`;

export const groupsIn = ({ store, records, clock, onFault }: GroupsOptions): Groups => {
  const running = new Map<string, RunningGroup>();
  /** What changes groups waits for what changed them before. */
  let changes: Promise<unknown> = Promise.resolve();

  const run = (record: GroupRecord): void => {
    const name = { stream: record.stream, group: record.group };
    let told: { readonly what: string; readonly at: number } | undefined;
    const tell = (what: string): void => {
      const at = clock.now();
      if (told?.what === what && at - told.at < TOLD_EVERY_MS) return;
      told = { what, at };
      onFault(name, what);
    };
    running.set(
      keyOf(name),
      runningGroup(record, {
        store,
        clock,
        keepCheckpoint: (place) => records.checkpoint(name, place),
        keepReplay: (until) => records.replay(name, until),
        onFault: tell,
      }),
    );
  };
  const runAll = (): void => {
    for (const record of records.all()) run(record);
  };
  const stopAll = async (why: DropReason): Promise<void> => {
    const stopping = [...running.values()];
    running.clear();
    await Promise.all(stopping.map((group) => group.stop(why)));
  };
  const inTurn = <A>(change: () => Promise<A>): Promise<A> => {
    const changed = changes.then(change);
    changes = changed.catch(() => undefined);
    return changed;
  };
  const startOf = ({ stream }: GroupName, { startFrom, resolveLinks }: GroupSettings): bigint =>
    sourceOf(store, stream, { resolveLinks, filter: undefined }).startOf(startFrom);
  const absent = (name: GroupName): GroupFault => ({ _tag: 'DoesNotExist', ...name });
  const recordOf = ({ stream, group }: GroupName): GroupRecord | undefined =>
    records.all().find((record) => record.stream === stream && record.group === group);

  runAll();
  return {
    create: (name, settings, filter) =>
      inTurn(async () => {
        const problem =
          groupNameProblem(name.group) ?? settingsProblem(settings) ?? (filter === undefined ? undefined : filterProblem(filter));
        if (problem !== undefined) return { _tag: 'Invalid', message: problem };
        if (running.has(keyOf(name))) return { _tag: 'Exists', ...name };
        const record = { ...name, settings, filter, start: startOf(name, settings), checkpoint: undefined, replayUntil: 0 };
        records.save(record);
        run(record);
        return undefined;
      }),
    update: (name, settings) =>
      inTurn(async () => {
        const problem = settingsProblem(settings);
        if (problem !== undefined) return { _tag: 'Invalid', message: problem };
        const group = running.get(keyOf(name));
        if (group === undefined) return absent(name);
        await group.stop('updated');
        const kept = recordOf(name);
        if (kept === undefined) return absent(name);
        const start = settings.startFrom === kept.settings.startFrom ? kept.start : startOf(name, settings);
        const record = { ...kept, settings, start };
        records.save(record);
        run(record);
        return undefined;
      }),
    remove: (name) =>
      inTurn(async () => {
        const group = running.get(keyOf(name));
        if (group === undefined) return absent(name);
        records.remove(name);
        running.delete(keyOf(name));
        await group.stop('deleted');
        await store.remove(parkedStreamOf(name), 'any', 'soft');
        return undefined;
      }),
    find: (name) => inTurn(async () => running.get(keyOf(name))),
    list: (stream) =>
      inTurn(async () =>
        [...running.values()]
          .map((group) => group.info())
          .filter(({ record }) => stream === undefined || record.stream === stream)
          .sort((a, b) => compare(a.record.stream, b.record.stream) || compare(a.record.group, b.record.group)),
      ),
    restart: () =>
      inTurn(async () => {
        await stopAll('restarted');
        runAll();
      }),
    close: () => inTurn(() => stopAll('closed')),
  };
};

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
