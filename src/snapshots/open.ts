import { existsSync } from 'node:fs';
import { openLiveReader } from '../adapters/log/sqlite/liveReader.ts';
import type { Sealer } from '../domain/kernel/codec.ts';
import { openedWhole } from '../history/asOf/sealedTexts.ts';
import { createViews } from '../projections/views.ts';
import { readSnapshot } from './snapshotFile.ts';
import { type SnapshotPlaces, standsIn } from './take.ts';

/**
 * Live views as the last snapshot has them, or empty ones: the log tells the rest. A snapshot with which anything is wrong is not used.
 * @param open opens what is sealed; what a destroyed key has sealed stays closed
 */
export const openViews = async (
  { file, snapshot }: SnapshotPlaces,
  open: Sealer['open'],
  onTrouble: (text: string) => void,
): Promise<ReturnType<typeof createViews>> => {
  if (!existsSync(snapshot)) return createViews();
  try {
    const log = openLiveReader(file);
    try {
      return createViews(await readSnapshot(snapshot, { stands: standsIn(log), opened: (whole) => openedWhole(open, whole) }));
    } finally {
      log.close();
    }
  } catch (error) {
    onTrouble(`the snapshot '${snapshot}' is not used, the log is read from its beginning: ${(error as Error).message}`);
    return createViews();
  }
};
