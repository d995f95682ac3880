import { isLeft } from 'fp-ts/lib/Either.js';
import type { Clock } from '../../../../../domain/kernel/ports.ts';
import type { Group } from './group.ts';
import type { ParkedStream } from './parkedStream.ts';
import { faultText } from './parker.ts';

/** Parked messages that are done before the parked stream is made shorter while others are still open. */
const TRUNCATED_AT_A_TIME = 100;
/** After this a store that refused is asked again, ms. */
const PAUSE_MS = 1000;

/** Parked messages on their way back: they stay in their stream until they are done. */
export type Replaying = {
  /** Up to this revision of the parked stream messages are tried again; a lower one than before changes nothing. */
  until(revision: number): void;
  /** Gives the group at most so many. @returns whether there may be more */
  read(max: number): boolean;
  /** Makes the parked stream shorter by what is done. */
  truncate(): void;
  isOn(): boolean;
  /** Messages that are parked, and are not being tried again. */
  parked(): number;
  /** What is done leaves the parked stream first. */
  close(): Promise<void>;
};

type ReplayingOptions = {
  readonly group: Group;
  readonly stream: ParkedStream;
  readonly clock: Clock;
  onFault(what: string): void;
};

export const replayingOf = ({ group, stream, clock, onFault }: ReplayingOptions): Replaying => {
  let next = stream.first();
  let end = next;
  /** The parked stream begins here, on disk. */
  let truncated = next;
  let writing: Promise<void> | undefined;
  let pausedUntil = 0;
  let isClosed = false;

  const write = async (before: number): Promise<void> => {
    const answer = await stream.truncate(before);
    if (isLeft(answer)) {
      onFault(`parked messages that are done could not be let go: ${faultText(answer.left)}`);
      pausedUntil = clock.now() + PAUSE_MS;
    } else truncated = before;
    writing = undefined;
    truncate();
  };

  const truncate = (): void => {
    const done = Number(group.replayedDone()) + 1;
    const isEnough = done - truncated >= TRUNCATED_AT_A_TIME || group.replaysOpen() === 0;
    if (done <= truncated || !isEnough || writing !== undefined || isClosed || clock.now() < pausedUntil) return;
    writing = write(done);
  };

  return {
    until: (revision) => {
      end = Math.max(end, revision);
    },
    isOn: () => next < end || group.replaysOpen() > 0,
    read: (max) => {
      if (next >= end || max <= 0) return false;
      const { messages, next: behind } = stream.read(next, end, max);
      next = behind;
      group.takeReplayed(messages, BigInt(behind) - 1n);
      return next < end;
    },
    truncate,
    parked: () => stream.end() - Math.max(next, end, stream.first()),
    close: async () => {
      isClosed = true;
      await writing;
      const done = Number(group.replayedDone()) + 1;
      if (done > truncated) await write(done);
    },
  };
};
