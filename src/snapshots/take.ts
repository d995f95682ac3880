import { createIntake } from '../actors/intake.ts';
import { createLeases } from '../actors/leases.ts';
import { openLiveReader } from '../adapters/log/sqlite/liveReader.ts';
import { ENGINE_LEASE } from '../domain/lease/lease.ts';
import { closedSealer } from '../history/asOf/sealedTexts.ts';
import { runKept, type ViewsAt } from '../projections/kept.ts';
import { readSnapshot, type SnapshotOf, SnapshotUnusable, writeSnapshot } from './snapshotFile.ts';

/** Facts that are folded at once. */
const PAGE = 2_048;

export type Taken = {
  readonly position: number;
  /** Facts that were folded for it: those since the snapshot before. */
  readonly folded: number;
  readonly bytes: number;
};

export type SnapshotPlaces = {
  /** The log's file, or a mirror's. */
  readonly file: string;
  readonly snapshot: string;
};

/**
 * Folds what the log tells since the last snapshot into it and writes the next one. Values that are sealed in the log stay sealed: it needs no key.
 * @throws Error where a stream cannot be read, for behind that nothing is known of it; where streams leave the log meanwhile; and where the
 * file cannot be written. The one before stays.
 */
export const takeSnapshot = async ({ file, snapshot }: SnapshotPlaces): Promise<Taken> => {
  const log = openLiveReader(file);
  try {
    const removed = log.removed();
    const of = { log: log.hashAt(1) ?? '', removed };
    const stands = standsIn(log);
    const before = await readSnapshot(snapshot, { stands }).catch((error: Error) => {
      if (error instanceof SnapshotUnusable) return undefined;
      throw error;
    });
    const folded = foldTo(log, before);
    const { position } = folded.reached;
    if (log.removed() !== removed) throw new Error('streams have left the log for an archive meanwhile');
    const { bytes } = writeSnapshot(snapshot, { ...of, hash: log.hashAt(position) ?? '' }, folded);
    return { position, folded: position - (before?.reached.position ?? 0), bytes };
  } finally {
    log.close();
  }
};

type Log = ReturnType<typeof openLiveReader>;

/** Whether a snapshot is of this log, and of what is in it now. */
export const standsIn =
  (log: Pick<Log, 'hashAt' | 'removed'>) =>
  ({ log: first, position, hash, removed }: SnapshotOf & { readonly position: number }): boolean =>
    position > 0 && (log.hashAt(1) ?? '') === first && log.hashAt(position) === hash && log.removed() === removed;

const foldTo = (log: Log, before: ViewsAt | undefined): ViewsAt => {
  const { runner, states } = runKept(before);
  const leases = createLeases();
  leases.load(log.stream(ENGINE_LEASE, Number.MAX_SAFE_INTEGER), runner.position());
  const intake = createIntake({
    views: runner,
    sealer: closedSealer,
    leases,
    isQuarantined: () => false,
    quarantine: (stream, why) => {
      throw new Error(`${stream} cannot be read: ${why}`);
    },
  });
  const head = log.head();
  let last = runner.position();
  for (let page = log.page(last, head, PAGE); page.length > 0; page = log.page(last, head, PAGE)) {
    intake(page);
    last = page.at(-1)?.position ?? head;
  }
  return { reached: runner.reached(), states };
};
