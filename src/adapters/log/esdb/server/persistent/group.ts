import type { Uuid } from '../../../../../domain/kernel/ids.ts';
import type { Instant } from '../../../../../domain/kernel/units.ts';
import { checkpointsBy } from './checkpoints.ts';
import { type Entry, entriesOfGroup } from './entries.ts';
import type { Message } from './message.ts';
import { type Progress, progressFrom } from './progress.ts';
import type { GroupSettings } from './settings.ts';
import { dispatchBy } from './strategies.ts';

/** What a consumer wants of a message that it could not process. */
export type NackAction = 'park' | 'retry' | 'skip';

export type Delivery = { readonly consumer: string; readonly message: Message; readonly retryCount: number };

/** A message that is to be put aside, until `parked` says that it is. */
export type Parking = { readonly entry: Entry; readonly reason: string };

/** The answers of consumers, for statistics. */
export type Answered = { readonly consumer: string; readonly after: number };

export type GroupCounts = {
  readonly waiting: number;
  readonly retrying: number;
  readonly flying: number;
  /** Read and not done, wherever it is. */
  readonly open: number;
};

/**
 * The rules of a group of competing consumers: every message goes to one of them, comes again until somebody is done with it, and is put
 * aside when that fails too often. No clock and no store: time, what was read and what was answered come in, what to send, to park and to
 * keep goes out.
 */
export type Group = {
  /** How many more messages it wants to be given. */
  room(): number;
  /** Messages of the group's stream, in order; up to `upTo` there are no others. `passed`: events in between that are none of the group's. */
  take(messages: readonly Message[], upTo: bigint, passed: number): void;
  /** Parked messages, in order, to be tried again from the start. */
  takeReplayed(messages: readonly Message[], upTo: bigint): void;
  /** @param slots messages that the consumer may hold at a time */
  connect(consumer: string, slots: number): void;
  /** What it held comes again. `isCounted`: that counts as a try, since a message may be what brought the consumer down. */
  disconnect(consumer: string, isCounted: boolean): void;
  /** Whether a consumer takes more just now. */
  hold(consumer: string, isHeld: boolean): void;
  acknowledge(consumer: string, ids: readonly Uuid[], now: Instant): readonly Answered[];
  refuse(consumer: string, ids: readonly Uuid[], action: NackAction, reason: string): void;
  /** What nobody answered in time comes again. */
  expire(now: Instant): void;
  /** Who is sent what; asked until it is undefined. */
  next(now: Instant): Delivery | undefined;
  /** What is to be parked, from now on told as being parked. */
  toPark(max: number): readonly Parking[];
  parked(parkings: readonly Parking[]): void;
  /** When `expire` or a checkpoint is due. */
  wakeAt(): Instant | undefined;
  /** The place to be kept now, up to which everything is done. */
  checkpointDue(now: Instant): bigint | undefined;
  checkpointKept(place: bigint, now: Instant): void;
  done(): bigint;
  /** Up to where the parked stream is done with, included. */
  replayedDone(): bigint;
  replaysOpen(): number;
  counts(): GroupCounts;
  slotsOf(consumer: string): { readonly free: number; readonly flying: number };
};

/** Data and metadata that a group keeps in memory; with more it reads no further. One message above it still passes. */
export const BUFFERED_BYTES = 64 * 1024 * 1024;

type Consumer = { readonly name: string; readonly slots: number; isHeld: boolean; readonly flying: Set<Entry>; readonly hasRoom: boolean };

export const groupOf = (settings: GroupSettings, start: bigint, replayStart: bigint, startedAt: Instant): Group => {
  const { messageTimeout, maxRetryCount, historyBufferSize } = settings;
  const entries = entriesOfGroup();
  const progress = progressFrom(start);
  const replays = progressFrom(replayStart);
  const checkpoints = checkpointsBy(settings, start, startedAt);
  const dispatch = dispatchBy(settings.strategy);
  const consumers = new Map<string, Consumer>();
  const fresh = new Set<Entry>();
  const again = new Set<Entry>();
  /** By when they were sent, which is by when they expire. */
  const flying = new Set<Entry>();
  let parkings: Parking[] = [];
  let parking = 0;

  const progressOf = ({ message }: Entry): Progress => (message.isReplayed ? replays : progress);

  const land = (entry: Entry): void => {
    flying.delete(entry);
    if (entry.holder !== undefined) consumers.get(entry.holder)?.flying.delete(entry);
    entry.holder = undefined;
  };

  const end = (entry: Entry): void => {
    land(entry);
    fresh.delete(entry);
    again.delete(entry);
    entries.remove(entry);
    progressOf(entry).end(entry.message.place);
    if (!entry.message.isReplayed) checkpoints.count(1);
  };

  const park = (entry: Entry, reason: string): void => {
    land(entry);
    entry.state = 'parking';
    parkings.push({ entry, reason });
    parking++;
  };

  const comeAgain = (entry: Entry, isCounted: boolean): void => {
    if (isCounted && entry.retries >= maxRetryCount) {
      park(entry, `Not processed in ${maxRetryCount + 1} ${maxRetryCount === 0 ? 'try' : 'tries'}`);
      return;
    }
    land(entry);
    if (isCounted) entry.retries++;
    entry.state = 'waiting';
    again.add(entry);
  };

  const nameConsumers = (): void => dispatch.consumers([...consumers.keys()]);

  /** The first that somebody has room for. */
  const pick = (queue: ReadonlySet<Entry>): { readonly entry: Entry; readonly to: string } | 'full' | undefined => {
    for (const entry of queue) {
      const choice = dispatch.choose(entry.message, consumers);
      if (choice === 'full') return 'full';
      if (choice !== 'wait') return { entry, to: choice.to };
    }
    return undefined;
  };

  const takeInto = (queue: Set<Entry>, into: Progress, messages: readonly Message[], upTo: bigint): void => {
    for (const message of messages) {
      into.begin(message.place);
      queue.add(entries.add(message));
    }
    into.advance(upTo);
  };

  return {
    room: () => (entries.bytes() >= BUFFERED_BYTES ? 0 : Math.max(0, historyBufferSize - fresh.size - again.size - parking)),
    take: (messages, upTo, passed) => {
      takeInto(fresh, progress, messages, upTo);
      checkpoints.count(passed);
    },
    takeReplayed: (messages, upTo) => takeInto(again, replays, messages, upTo),
    connect: (name, slots) => {
      const held = new Set<Entry>();
      const consumer: Consumer = {
        name,
        slots,
        isHeld: false,
        flying: held,
        get hasRoom() {
          return !this.isHeld && held.size < slots;
        },
      };
      consumers.set(name, consumer);
      nameConsumers();
    },
    disconnect: (name, isCounted) => {
      const consumer = consumers.get(name);
      if (consumer === undefined) return;
      consumers.delete(name);
      nameConsumers();
      for (const entry of [...consumer.flying]) comeAgain(entry, isCounted);
    },
    hold: (name, isHeld) => {
      const consumer = consumers.get(name);
      if (consumer !== undefined) consumer.isHeld = isHeld;
    },
    acknowledge: (consumer, ids, now) =>
      ids.flatMap((id) => {
        const entry = entries.meant(id, consumer);
        // What is being parked stays parked: it may stand there already.
        if (entry === undefined || entry.state === 'parking') return [];
        const after = now - entry.sentAt;
        end(entry);
        return [{ consumer, after }];
      }),
    refuse: (consumer, ids, action, reason) => {
      for (const id of ids) {
        const entry = entries.meant(id, consumer);
        // Whoever let it run out has no say any more: it is somebody else's by now, or will be.
        if (entry?.holder !== consumer) continue;
        if (action === 'skip') end(entry);
        else if (action === 'park') park(entry, reason === '' ? 'Parked by its consumer' : `Parked by its consumer: ${reason}`);
        else comeAgain(entry, true);
      }
    },
    expire: (now) => {
      if (messageTimeout === 0) return;
      for (const entry of flying) {
        if (entry.sentAt + messageTimeout > now) return;
        comeAgain(entry, true);
      }
    },
    next: (now) => {
      const retried = pick(again);
      const picked = retried ?? pick(fresh);
      if (picked === undefined || picked === 'full') return undefined;
      const { entry, to } = picked;
      fresh.delete(entry);
      again.delete(entry);
      entry.state = 'flying';
      entry.holder = to;
      entry.seenBy.add(to);
      entry.sentAt = now;
      flying.add(entry);
      consumers.get(to)?.flying.add(entry);
      return { consumer: to, message: entry.message, retryCount: entry.retries };
    },
    toPark: (max) => {
      const taken = parkings.slice(0, max);
      parkings = parkings.slice(max);
      return taken;
    },
    parked: (done) => {
      for (const { entry } of done) end(entry);
      parking -= done.length;
    },
    wakeAt: () => {
      const checkpoint = checkpoints.next(progress.done());
      const [oldest] = flying;
      const expiry = oldest === undefined || messageTimeout === 0 ? undefined : oldest.sentAt + messageTimeout;
      return checkpoint === undefined ? expiry : expiry === undefined ? checkpoint : Math.min(checkpoint, expiry);
    },
    checkpointDue: (now) => checkpoints.due(progress.done(), now),
    checkpointKept: (place, now) => checkpoints.kept(place, now),
    done: () => progress.done(),
    replayedDone: () => replays.done(),
    replaysOpen: () => replays.open(),
    counts: () => ({ waiting: fresh.size, retrying: again.size, flying: flying.size, open: progress.open() + replays.open() }),
    slotsOf: (name) => {
      const consumer = consumers.get(name);
      return consumer === undefined
        ? { free: 0, flying: 0 }
        : { free: Math.max(0, consumer.slots - consumer.flying.size), flying: consumer.flying.size };
    },
  };
};
