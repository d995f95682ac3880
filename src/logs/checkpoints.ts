import { followHeads, type HeadsSeen } from '../adapters/log/sqlite/heads.ts';
import { sha256 } from '../adapters/log/sqlite/sha256.ts';
import { fileWitness } from '../adapters/witness/fileWitness.ts';
import { readSigningKey } from '../adapters/witness/signingKeys.ts';
import type { Clock } from '../domain/kernel/ports.ts';
import type { Signer, Witness } from '../domain/ports/witness.ts';
import { hexOf } from '../domain/proof/bytes.ts';
import { checkpointBytes, checkpointHash, NO_CHECKPOINT, type SignedCheckpoint } from '../domain/proof/checkpoint.ts';
import { CHECKPOINT_FACTS, CHECKPOINT_MINUTES } from './checkpointPace.ts';
import { requireOutside } from './outside.ts';

/** Between two looks at whether one is due, ms. */
const LOOK_MS = 1_000;

export type CheckpointOptions = {
  /** File with the private key, outside the data directory. */
  readonly keyFile: string;
  /** Files that checkpoints are appended to, outside the data directory. */
  readonly witnesses: readonly string[];
  readonly everyFacts?: number;
  readonly everyMs?: number;
};

/**
 * Signs what was seen and has every witness keep it. Where nothing is new since the last one, that one.
 * @throws Error where a witness has seen more than there is, or could not keep it
 */
export const witnessHeads = async (
  { log, position, streams, root }: HeadsSeen,
  signer: Signer,
  witnesses: readonly Witness[],
  at: number,
): Promise<SignedCheckpoint> => {
  const kept = await Promise.all(witnesses.map((witness) => witness.last(log)));
  const last = kept.reduce((a, b) => ((b?.number ?? 0) > (a?.number ?? 0) ? b : a), undefined);
  if (last !== undefined && last.position > position)
    throw new Error(
      `a witness has seen the log up to ${last.position}, and it ends at ${position}: it was cut or restored. 'wharf log verify' tells; a log that goes on from a backup needs a new witness`,
    );
  if (last?.position === position && last.root === root && kept.every((each) => each?.number === last.number)) return last;
  const number = (last?.number ?? 0) + 1;
  const previous = last === undefined ? NO_CHECKPOINT : checkpointHash(sha256, last);
  const checkpoint = { log, number, previous, position, streams, root, at, key: signer.key };
  const signature = hexOf(signer.sign(checkpointBytes(checkpoint)));
  const signed: SignedCheckpoint = { format: 'wharfinger-checkpoint/1', ...checkpoint, signature };
  const outcomes = await Promise.allSettled(witnesses.map((witness) => witness.keep(signed)));
  const failed = outcomes.flatMap((outcome, i) => (outcome.status === 'rejected' ? [`${witnesses[i]?.name}: ${outcome.reason}`] : []));
  if (failed.length > 0) throw new Error(`checkpoint ${number} was not kept by ${failed.join('; ')}`);
  return signed;
};

export type Checkpointing = {
  /** One now; undefined where the log is empty. @throws Error as `witnessHeads` */
  now(): Promise<SignedCheckpoint | undefined>;
  /** A last one, then no more. */
  close(): Promise<void>;
};

export type CheckpointingOptions = CheckpointOptions & {
  readonly dataDir: string;
  readonly logFile: string;
  readonly head: () => number;
  readonly clock: Clock;
  /** Told why a checkpoint was not written; the next is tried when it is due. */
  readonly onTrouble: (why: string) => void;
};

/** Writes checkpoints as facts and time go by. The tree is made in a thread of its own. @throws Error for a key or witness that won't do */
export const startCheckpointing = (options: CheckpointingOptions): Checkpointing => {
  const { dataDir, keyFile, clock, head, onTrouble, everyFacts = CHECKPOINT_FACTS, everyMs = CHECKPOINT_MINUTES * 60_000 } = options;
  if (options.witnesses.length === 0) throw new Error('checkpoints are signed for a witness; name one');
  requireOutside(dataDir, 'the key', keyFile);
  for (const path of options.witnesses) requireOutside(dataDir, 'the witness', path);
  const signer = readSigningKey(keyFile);
  const witnesses = options.witnesses.map(fileWitness);
  const follower = followHeads(options.logFile);
  // The first tree of a long log takes a while: not while the engine starts.
  let last = { position: head(), at: clock.now() };
  let isClosed = false;
  let running: Promise<SignedCheckpoint | undefined> = Promise.resolve(undefined);

  const take = async (): Promise<SignedCheckpoint | undefined> => {
    const seen = await follower.look();
    // Also where it fails: it is tried again when the next is due, not at each look.
    last = { position: seen?.position ?? 0, at: clock.now() };
    return seen === undefined ? undefined : witnessHeads(seen, signer, witnesses, clock.now());
  };
  /** One after the other: each names the one before it. */
  const now = (): Promise<SignedCheckpoint | undefined> => {
    running = running.catch(() => undefined).then(take);
    return running;
  };
  const troubled = (error: unknown): void => onTrouble(`no checkpoint: ${error instanceof Error ? error.message : String(error)}`);
  let cancel: () => void = () => {};
  const look = async (): Promise<void> => {
    const behind = head() - last.position;
    if (behind >= everyFacts || (behind > 0 && clock.now() - last.at >= everyMs)) await now().catch(troubled);
    if (!isClosed) cancel = clock.schedule(LOOK_MS, () => void look());
  };
  void look();
  return {
    now,
    close: async () => {
      isClosed = true;
      cancel();
      await now().catch(troubled);
      await follower.close();
    },
  };
};
