import { existsSync } from 'node:fs';
import { learnStrategies } from '../actors/strategyBook.ts';
import { openLogFile } from '../adapters/log/sqlite/logFile.ts';
import { sha256 } from '../adapters/log/sqlite/sha256.ts';
import { readWitnessFile } from '../adapters/witness/fileWitness.ts';
import { readTrustedKey } from '../adapters/witness/signingKeys.ts';
import type { Sealer } from '../domain/kernel/codec.ts';
import type { ChainedLog, Verify, VerifyProgress, VerifyReport, VerifySources } from '../domain/ports/verification.ts';
import { readWitness, type Signed, type Witnessed } from '../domain/proof/witnessed.ts';
import { recordedOf } from '../domain/recordedOf.ts';
import { verifyHistory } from '../history/verify/verify.ts';
import { type OpenPast, openPast } from '../openPast.ts';
import { readStrategy } from '../strategyFiles.ts';

/** Keys of an operator who verifies are none: sealed fields stay sealed, and no state depends on them. */
const SEALED: Sealer = {
  seal: () => {
    throw new Error('nothing is sealed by who only reads');
  },
  open: () => undefined,
};

/** Trusts any of these keys; undefined without one. @throws Error for a file that is no key */
export const trustIn = (keyFiles: readonly string[]): Signed | undefined => {
  const keys = keyFiles.map(readTrustedKey);
  return keys.length === 0 ? undefined : (bytes, signature) => keys.some(({ signed }) => signed(bytes, signature));
};

export type WitnessRead = { readonly name: string; readonly witnessed: Witnessed };

/** @throws Error for a witness that cannot be read */
export const readWitnesses = (files: readonly string[], signed: Signed | undefined): readonly WitnessRead[] =>
  files.map((name) => ({ name, witnessed: readWitness(sha256, readWitnessFile(name), signed) }));

/** What verifying reads of a log file and of nothing else. */
export const sourcesOf = (log: ChainedLog, witnesses: readonly WitnessRead[] = []): VerifySources => ({
  log,
  sha256,
  decode: (stored) => recordedOf(stored, SEALED),
  learn: (recorded) => learnStrategies([recorded], readStrategy),
  ...(witnesses.length > 0 && { witnesses: () => witnesses }),
});

export type VerifyFileOptions = {
  readonly witnesses?: readonly string[];
  readonly keys?: readonly string[];
  /** Compares the views with those that the index beside the log gives. They are not unless told. */
  readonly views?: boolean;
  readonly onProgress?: (progress: VerifyProgress) => void;
  /** Ends it early. */
  readonly signal?: AbortSignal;
};

/** Verifies a log file, also while an engine writes it. @throws Error where there is none; whatever is wrong in it stands in the report */
export const verifyFile = async (
  path: string,
  { witnesses = [], keys = [], views = false, onProgress, signal }: VerifyFileOptions = {},
): Promise<VerifyReport> => {
  const read = readWitnesses(witnesses, trustIn(keys));
  const log = openLogFile(path);
  const past = views ? openPast({ file: path, readOnly: true }) : undefined;
  try {
    const sources = { ...sourcesOf(log, read), ...(past !== undefined && withViewsOf(past)) };
    return await stepThrough(verifyHistory(sources), onProgress, signal);
  } finally {
    past?.close();
    log.close();
  }
};

const stepThrough = async (
  steps: Generator<VerifyProgress, VerifyReport>,
  onProgress: (progress: VerifyProgress) => void = () => {},
  signal?: AbortSignal,
): Promise<VerifyReport> => {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
    onProgress(value);
    // Signals and whoever else waits in this thread.
    await new Promise<void>((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
  }
};

/** Facts are read, and views compared, as by whoever answers for the past. */
const withViewsOf = (past: ReadPast): Pick<VerifySources, 'decode' | 'checkpointsOf'> => ({
  decode: past.decode,
  checkpointsOf: (head) => [
    { holder: 'the past that is answered from', position: head, views: () => past.views(head) },
    ...spread(past.boundaries().filter((position) => position < head)).map((position) => ({
      holder: `the index at ${position}`,
      position,
      views: () => past.views(position),
    })),
  ],
});

/** Places of the index at which its views are compared, besides the end: each costs a walk through all of them. */
const BOUNDARIES_COMPARED_MAX = 8;

/** As far apart as they can be, the last among them. */
const spread = (boundaries: readonly number[]): readonly number[] => {
  const step = Math.max(1, Math.ceil(boundaries.length / BOUNDARIES_COMPARED_MAX));
  return boundaries.filter((_, nth) => (boundaries.length - 1 - nth) % step === 0);
};

type ReadPast = Pick<OpenPast, 'views' | 'decode' | 'boundaries'>;

/** Facts of a log whose views an engine's thread folds again unless it is told to: 2 million of them took 1.1 GiB of the 2 that it has. */
const VIEWS_FACTS_MAX = 2_000_000;

/**
 * Verifies the log that an engine writes, in a thread of its own: with the keys that the engine reads by, and compared with the views that
 * it answers from.
 */
export const engineVerify = (path: string, past: ReadPast, witnesses?: OwnWitnesses): Verify =>
  function* (options = {}) {
    const log = openLogFile(path);
    const views = options.views ?? log.head() <= VIEWS_FACTS_MAX;
    try {
      const read = witnesses === undefined ? [] : readWitnesses(witnesses.files.filter(existsSync), trustIn([witnesses.keyFile]));
      return yield* verifyHistory({ ...sourcesOf(log, read), ...(views ? withViewsOf(past) : { decode: past.decode }) });
    } finally {
      log.close();
    }
  };

/** Witnesses that an engine writes to, and the key that it signs with. One that has no file yet has kept nothing. */
export type OwnWitnesses = { readonly files: readonly string[]; readonly keyFile: string };
