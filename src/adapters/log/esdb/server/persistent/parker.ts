import { isLeft } from 'fp-ts/lib/Either.js';
import type { Clock } from '../../../../../domain/kernel/ports.ts';
import type { NewEvent, StoreFault } from '../../../../../domain/ports/eventStore.ts';
import type { Group, Parking } from './group.ts';
import { type ParkedStream, parkedEventOf } from './parkedStream.ts';

/** Messages that are parked by one append. */
const PARKED_AT_A_TIME = 100;
/** After this a store that refused is asked again, ms. */
const PAUSE_MS = 1000;

/** Puts messages aside: each is done only once its link is on disk, however long that takes. */
export type Parker = {
  /** Parks what is to be parked, unless it is at it already. */
  run(): void;
  /** Ends it; resolves when nothing is being written any more. */
  close(): Promise<void>;
};

type ParkerOptions = {
  readonly group: Group;
  readonly stream: ParkedStream;
  readonly clock: Clock;
  onParked(): void;
  onFault(what: string): void;
};

export const parkerOf = ({ group, stream, clock, onParked, onFault }: ParkerOptions): Parker => {
  let isClosed = false;
  let writing: Promise<void> | undefined;
  let endPause: (() => void) | undefined;

  const pause = (): Promise<void> =>
    new Promise((resolve) => {
      const cancel = clock.schedule(PAUSE_MS, resolve);
      endPause = () => {
        cancel();
        resolve();
      };
    });

  const write = async (parkings: readonly Parking[]): Promise<void> => {
    // The ids stay the same however often it is tried.
    const events: readonly NewEvent[] = parkings.map((parking) => parkedEventOf(parking, clock.now()));
    while (!isClosed) {
      const answer = await stream.add(events);
      if (!isLeft(answer)) {
        group.parked(parkings);
        onParked();
        return;
      }
      onFault(`${parkings.length} messages could not be parked: ${faultText(answer.left)}`);
      await pause();
    }
  };

  const writeAll = async (first: readonly Parking[]): Promise<void> => {
    for (let parkings = first; parkings.length > 0 && !isClosed; parkings = group.toPark(PARKED_AT_A_TIME)) await write(parkings);
    writing = undefined;
  };

  return {
    run: () => {
      if (isClosed || writing !== undefined) return;
      const parkings = group.toPark(PARKED_AT_A_TIME);
      if (parkings.length > 0) writing = writeAll(parkings);
    },
    close: async () => {
      isClosed = true;
      endPause?.();
      await writing;
    },
  };
};

/** Why a store did not take something, in words. */
export const faultText = (fault: StoreFault): string => {
  if ('reason' in fault) return fault.reason;
  if ('why' in fault) return fault.why;
  if ('message' in fault) return fault.message;
  return 'stream' in fault ? `${fault._tag} of '${fault.stream}'` : fault._tag;
};
