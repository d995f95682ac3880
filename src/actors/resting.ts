import type { StreamName } from '../domain/kernel/ids.ts';
import type { Folded } from './folded.ts';

export type Resting = {
  keep(stream: StreamName, state: Folded): void;
  take(stream: StreamName): Folded | undefined;
};

/**
 * Folded streams whose actors rest. One is forgotten when `max` others were put to rest after it. A ring of places, since a map that loses its
 * first entry again and again is slow to find the next one; a place is free again when its stream is taken, so that a stream which comes and
 * goes all the time is never forgotten for where it rested earlier.
 */
export const createResting = (max: number): Resting => {
  const places = new Map<StreamName, number>();
  const streams = new Array<StreamName | undefined>(max);
  const states = new Array<Folded | undefined>(max);
  let next = 0;
  const take = (stream: StreamName): Folded | undefined => {
    const place = places.get(stream);
    if (place === undefined) return undefined;
    const state = states[place];
    places.delete(stream);
    streams[place] = undefined;
    states[place] = undefined;
    return state;
  };
  return {
    take,
    keep: (stream, state) => {
      take(stream);
      const oldest = streams[next];
      if (oldest !== undefined) places.delete(oldest);
      streams[next] = stream;
      states[next] = state;
      places.set(stream, next);
      next = (next + 1) % max;
    },
  };
};
