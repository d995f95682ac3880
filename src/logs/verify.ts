import { learnStrategies } from '../actors/strategyBook.ts';
import { openLogFile } from '../adapters/log/sqlite/logFile.ts';
import { sha256 } from '../adapters/log/sqlite/sha256.ts';
import { readWitnessFile } from '../adapters/witness/fileWitness.ts';
import { readTrustedKey } from '../adapters/witness/signingKeys.ts';
import type { Sealer } from '../domain/kernel/codec.ts';
import type { Past } from '../domain/ports/past.ts';
import type { ChainedLog, Verify, VerifyProgress, VerifyReport, VerifySources } from '../domain/ports/verification.ts';
import { readWitness, type Signed, type Witnessed } from '../domain/proof/witnessed.ts';
import { recordedOf } from '../domain/recordedOf.ts';
import { verifyHistory } from '../history/verify/verify.ts';
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
export const readWitnesses = (files: readonly string[], signed: Signed | undefined): Promise<readonly WitnessRead[]> =>
  Promise.all(files.map(async (name) => ({ name, witnessed: readWitness(sha256, await readWitnessFile(name), signed) })));

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
  readonly onProgress?: (progress: VerifyProgress) => void;
  /** Ends it early. */
  readonly signal?: AbortSignal;
};

/** Verifies a log file, also while an engine writes it. @throws Error where there is none; whatever is wrong in it stands in the report */
export const verifyFile = async (
  path: string,
  { witnesses = [], keys = [], onProgress, signal }: VerifyFileOptions = {},
): Promise<VerifyReport> => {
  const read = await readWitnesses(witnesses, trustIn(keys));
  const log = openLogFile(path);
  try {
    return await stepThrough(verifyHistory(sourcesOf(log, read)), onProgress, signal);
  } finally {
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

/**
 * Verifies the log that an engine writes, in a thread of its own: with the keys that the engine reads by, and compared with the views that
 * it answers from.
 */
export const engineVerify = (path: string, past: Past & Pick<VerifySources, 'decode'>): Verify =>
  function* () {
    const log = openLogFile(path);
    try {
      return yield* verifyHistory({
        ...sourcesOf(log),
        decode: past.decode,
        checkpointsOf: (head) => [{ holder: 'the past that is answered from', position: head, views: () => past.views(head) }],
      });
    } finally {
      log.close();
    }
  };
