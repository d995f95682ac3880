import type { Clock } from '../../../../../domain/kernel/ports.ts';
import type { EventStore } from '../../../../../domain/ports/eventStore.ts';
import type { Connection, ConnectionInfo, Consumer, DropReason, GroupInfo } from './consumers.ts';
import { groupOf } from './group.ts';
import { parkedStreamOf } from './names.ts';
import { parkedStreamIn } from './parkedStream.ts';
import { parkerOf } from './parker.ts';
import type { GroupRecord } from './records.ts';
import { replayingOf } from './replaying.ts';
import { sourceOf } from './source.ts';
import { type Statistics, statisticsFrom } from './statistics.ts';

export type RunningGroup = {
  /** @returns undefined where as many are connected as may be */
  connect(consumer: Consumer): Connection | undefined;
  /** @param until revision of the parked stream before which messages are tried again; undefined: all that are parked now */
  replay(until: number | undefined): void;
  info(): GroupInfo;
  /** Drops its consumers; resolves when nothing is being written any more. What is done is kept. */
  stop(why: DropReason): Promise<void>;
};

export type RunningGroupOptions = {
  readonly store: EventStore;
  readonly clock: Clock;
  keepCheckpoint(place: bigint): void;
  keepReplay(until: number): void;
  /** What could not be done and is tried again. */
  onFault(what: string): void;
};

/** Events that are looked at at a time where a filter may want few of them. */
const SEARCH_WINDOW = 128;
/** After this what could not be read or written is tried again, ms. */
const PAUSE_MS = 1000;

type Member = { readonly consumer: Consumer; readonly statistics: Statistics };

/** A group at work: it reads its stream, sends, parks and keeps checkpoints as its rules say. It reads only while somebody is subscribed. */
export const runningGroup = (
  kept: GroupRecord,
  { store, clock, keepCheckpoint, keepReplay, onFault }: RunningGroupOptions,
): RunningGroup => {
  const { settings } = kept;
  let record = kept;
  const source = sourceOf(store, kept.stream, { resolveLinks: settings.resolveLinks, filter: kept.filter });
  const parkedStream = parkedStreamIn(store, parkedStreamOf(kept));
  const start = kept.checkpoint ?? kept.start;
  const group = groupOf(settings, start, BigInt(parkedStream.first()) - 1n, clock.now());
  const members = new Map<string, Member>();
  const statistics = statisticsFrom(clock.now());
  const replaying = replayingOf({ group, stream: parkedStream, clock, onFault });
  replaying.until(Math.min(kept.replayUntil, parkedStream.end()));
  const parker = parkerOf({ group, stream: parkedStream, clock, onFault, onParked: () => turnSoon() });
  let readUpTo = start;
  let mayHaveMore = true;
  let joined = 0;
  let isStopped = false;
  let isTurning = false;
  let cancelWake: (() => void) | undefined;
  let checkpointPausedUntil = 0;

  const read = (): void => {
    if (members.size === 0) return;
    const { readBatchSize } = settings;
    if (replaying.read(Math.min(group.room(), readBatchSize))) turnSoon();
    const max = kept.filter === undefined ? readBatchSize : Math.max(readBatchSize, SEARCH_WINDOW);
    const room = group.room();
    if (!mayHaveMore || room < readBatchSize) return;
    const page = source.read(readUpTo, Math.min(max, room));
    readUpTo = page.upTo;
    mayHaveMore = !page.isLast;
    group.take(page.messages, page.upTo, page.passed);
    if (mayHaveMore) turnSoon();
  };

  const send = (): void => {
    for (let delivery = group.next(clock.now()); delivery !== undefined; delivery = group.next(clock.now())) {
      const { consumer } = delivery;
      if (members.get(consumer)?.consumer.send(delivery) === false) group.hold(consumer, true);
    }
  };

  const keep = (place: bigint): void => {
    try {
      keepCheckpoint(place);
      record = { ...record, checkpoint: place };
      group.checkpointKept(place, clock.now());
    } catch (error) {
      checkpointPausedUntil = clock.now() + PAUSE_MS;
      onFault(`the checkpoint ${place} could not be kept: ${error instanceof Error ? error.message : String(error)}`);
    }
  };

  const wakeLater = (): void => {
    cancelWake?.();
    const at = group.wakeAt();
    cancelWake = at === undefined ? undefined : clock.schedule(Math.max(at, checkpointPausedUntil) - clock.now(), turnSoon);
  };

  const work = (): void => {
    group.expire(clock.now());
    read();
    send();
    parker.run();
    replaying.truncate();
    const place = clock.now() < checkpointPausedUntil ? undefined : group.checkpointDue(clock.now());
    if (place !== undefined) keep(place);
    wakeLater();
  };

  const turn = (): void => {
    isTurning = false;
    if (isStopped) return;
    try {
      work();
    } catch (error) {
      onFault(`the store could not be read: ${error instanceof Error ? error.message : String(error)}`);
      cancelWake?.();
      cancelWake = clock.schedule(PAUSE_MS, turnSoon);
    }
  };

  /** Many answers make one turn. */
  const turnSoon = (): void => {
    if (isTurning || isStopped) return;
    isTurning = true;
    setImmediate(turn);
  };

  const stopFollowing = store.onAdvance(() => {
    mayHaveMore = true;
    if (members.size > 0) turnSoon();
  });

  const leave = (name: string, isCounted: boolean): void => {
    if (!members.delete(name)) return;
    group.disconnect(name, isCounted);
    turnSoon();
  };

  const connectionInfo = (name: string, { consumer: { from, username, connectionName }, statistics: own }: Member): ConnectionInfo => {
    const { free, flying } = group.slotsOf(name);
    const spread = settings.extraStatistics ? own.spread() : undefined;
    return { from, username, connectionName, measured: own.measure(clock.now()), spread, freeSlots: free, flying };
  };

  return {
    connect: (consumer) => {
      if (settings.maxSubscriberCount > 0 && members.size >= settings.maxSubscriberCount) return undefined;
      const name = String(joined++);
      members.set(name, { consumer, statistics: statisticsFrom(clock.now()) });
      group.connect(name, consumer.slots);
      turnSoon();
      return {
        acknowledge: (ids) => {
          for (const { after } of group.acknowledge(name, ids, clock.now())) {
            statistics.count(after);
            members.get(name)?.statistics.count(after);
          }
          turnSoon();
        },
        refuse: (ids, action, reason) => {
          group.refuse(name, ids, action, reason);
          turnSoon();
        },
        stop: () => {
          leave(name, false);
          consumer.drop('asked');
        },
        ready: () => {
          group.hold(name, false);
          turnSoon();
        },
        leave: () => leave(name, true),
      };
    },
    replay: (until) => {
      const end = Math.min(until ?? Number.POSITIVE_INFINITY, parkedStream.end());
      if (end > record.replayUntil) {
        keepReplay(end);
        record = { ...record, replayUntil: end };
      }
      replaying.until(end);
      turnSoon();
    },
    info: () => ({
      record,
      isLive: !mayHaveMore,
      isReplaying: replaying.isOn(),
      counts: group.counts(),
      parked: replaying.parked(),
      measured: statistics.measure(clock.now()),
      lastKnown: source.last(),
      connections: [...members].map(([name, member]) => connectionInfo(name, member)),
    }),
    stop: async (why) => {
      isStopped = true;
      stopFollowing();
      cancelWake?.();
      for (const { consumer } of members.values()) consumer.drop(why);
      members.clear();
      await Promise.all([parker.close(), replaying.close()]);
      if (group.done() > (record.checkpoint ?? record.start)) keep(group.done());
    },
  };
};
