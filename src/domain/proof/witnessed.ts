import type { Sha256 } from '../kernel/chain.ts';
import { bytesOf } from './bytes.ts';
import { checkpointBytes, checkpointHash, NO_CHECKPOINT, type SignedCheckpoint, signedCheckpoint } from './checkpoint.ts';

/** Whether a signature over some bytes is by the one key that is trusted. */
export type Signed = (bytes: Uint8Array, signature: Uint8Array) => boolean;

export type WitnessFault = {
  /** unreadable: no checkpoint. signature: not by the trusted key. chain: does not follow the checkpoint before it. */
  readonly kind: 'unreadable' | 'signature' | 'chain';
  /** From 1. */
  readonly line: number;
  readonly detail: string;
};

export type Witnessed = {
  /** Those that stand in the chain, with a good signature where that was looked at, in order. */
  readonly checkpoints: readonly SignedCheckpoint[];
  readonly faults: readonly WitnessFault[];
};

export const isSignedBy = (checkpoint: SignedCheckpoint, signed: Signed): boolean => {
  const signature = bytesOf(checkpoint.signature);
  return signature !== undefined && signed(checkpointBytes(checkpoint), signature);
};

/**
 * Reads what a witness has kept. A witness may hold several logs, each with a chain of its own, and may have begun in the middle of one.
 * That its last lines are gone cannot be seen from it alone.
 * @param signed without it signatures are not looked at
 */
export const readWitness = (sha256: Sha256, lines: readonly string[], signed?: Signed): Witnessed => {
  const faults: WitnessFault[] = [];
  const checkpoints: SignedCheckpoint[] = [];
  const last = new Map<string, SignedCheckpoint>();
  for (const [i, text] of lines.entries()) {
    if (text === '') continue;
    const line = i + 1;
    const read = signedCheckpoint.safeParse(parsed(text));
    if (!read.success) {
      const [issue] = read.error.issues;
      faults.push({ kind: 'unreadable', line, detail: `is no checkpoint: ${issue?.path.join('.') || 'the line'}: ${issue?.message}` });
      continue;
    }
    const checkpoint = read.data;
    const why = signed === undefined || isSignedBy(checkpoint, signed) ? whyNotAfter(sha256, last.get(checkpoint.log), checkpoint) : '';
    // The next one is compared with what stands here, so that each fault is named once.
    last.set(checkpoint.log, checkpoint);
    if (why === '')
      faults.push({ kind: 'signature', line, detail: `checkpoint ${checkpoint.number} is not signed by the key that is trusted` });
    else if (why !== undefined) faults.push({ kind: 'chain', line, detail: why });
    else checkpoints.push(checkpoint);
  }
  return { checkpoints, faults };
};

const whyNotAfter = (sha256: Sha256, before: SignedCheckpoint | undefined, checkpoint: SignedCheckpoint): string | undefined => {
  const { number, previous, position } = checkpoint;
  if (before === undefined) return number === 1 && previous !== NO_CHECKPOINT ? 'checkpoint 1 names one before it' : undefined;
  if (number !== before.number + 1) return `checkpoint ${before.number + 1} should stand here, but ${number} does`;
  if (previous !== checkpointHash(sha256, before))
    return `checkpoint ${number} follows another checkpoint ${before.number} than the one before it`;
  return position < before.position ? `checkpoint ${number} covers less than the one before it` : undefined;
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
