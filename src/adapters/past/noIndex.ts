import type { PastIndex } from '../../domain/ports/pastIndex.ts';

/** Where no index can be kept or read: everything is looked for in the log itself. */
export const noIndex = (): PastIndex => ({
  position: () => 0,
  hash: () => '',
  boundary: () => 0,
  boundaryBefore: () => 0,
  boundaries: () => [],
  positionsOf: () => [],
  effectsOf: () => [],
  beginningsOf: () => [],
  part: () => undefined,
  parts: () => [],
  keep: () => {},
  drop: () => {},
  close: () => {},
});
