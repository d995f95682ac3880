import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import type { StreamName, Uuid } from '../../../../domain/kernel/ids.ts';
import type { AllPosition } from './wire.ts';

/** Up to where a mirror has followed its store. It may lag behind the mirror, never the other way: what comes twice is known. */
export type MirrorPlace = {
  readonly position: AllPosition;
  /** The highest term up to there. */
  readonly term: number;
  /** The mirror's last fact then, by which the store is known again; absent where it had none. */
  readonly last?: { readonly stream: StreamName; readonly revision: number; readonly id: Uuid };
};

/** Where a mirror's place is kept, in a file beside it. */
export type PlaceFile = { load(): MirrorPlace | undefined; save(place: MirrorPlace): void };

export const placeFile = (path: string): PlaceFile => ({
  load: () => {
    try {
      return JSON.parse(readFileSync(path, 'utf8')) as MirrorPlace;
    } catch {
      // What is not there, or was cut off, costs no more than following from the start.
      return undefined;
    }
  },
  save: (place) => {
    const half = `${path}.new`;
    const file = openSync(half, 'w', 0o600);
    try {
      writeSync(file, JSON.stringify(place));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(half, path);
  },
});
