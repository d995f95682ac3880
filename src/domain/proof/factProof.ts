import { either as E } from 'fp-ts';
import { z } from 'zod';
import { chainHash, HASH_BYTES, type Sha256 } from '../kernel/chain.ts';
import { bytesOf, hexOf, isSame } from './bytes.ts';
import { factDocument, factOfDocument } from './chained.ts';
import { checkpointHash, type SignedCheckpoint, signedCheckpoint } from './checkpoint.ts';
import { leafHash, rootFromPath } from './merkle.ts';
import { headBytes } from './streamHead.ts';
import { isSignedBy, type Signed } from './witnessed.ts';

const hash = z.string().regex(/^[0-9a-f]{64}$/, 'is no SHA-256 in lower-case hex');

/**
 * That a fact stood in the log when a checkpoint was taken. A hash covers the whole fact, so the later facts of its stream go with it as
 * they are stored, up to the head that the checkpoint covers; sealed fields stay ciphertext.
 */
export const factProof = z.strictObject({
  format: z.literal('wharfinger-proof/1'),
  fact: factDocument,
  /** Hash of the fact before it in its stream; zeros for the first. */
  previous: hash,
  /** The facts behind it in its stream, up to the one that the checkpoint covers. */
  later: z.array(factDocument),
  /** Place of the stream's head among the leaves, from 0, and what it is paired with from there to the root. */
  leaf: z.int().min(0),
  path: z.array(hash),
  checkpoint: signedCheckpoint,
});
export type FactProof = z.infer<typeof factProof>;

export type ProofFault = {
  /** Which part does not hold. */
  readonly part: 'form' | 'fact' | 'chain' | 'inclusion' | 'signature' | 'witness';
  readonly detail: string;
};

export type Trust = {
  /** Whether the checkpoint is signed by a key that is trusted; without it the signature is not looked at. */
  readonly signed?: Signed;
  /** Checkpoints that a witness kept; without them nobody is asked whether it saw this one. */
  readonly witnessed?: readonly SignedCheckpoint[];
};

/** Checks a proof without the log. @returns left: the first part that does not hold */
export const checkProof = (sha256: Sha256, document: unknown, { signed, witnessed }: Trust): E.Either<ProofFault, FactProof> => {
  const read = factProof.safeParse(document);
  if (!read.success) {
    const [issue] = read.error.issues;
    return E.left({ part: 'form', detail: `this is no proof: ${issue?.path.join('.') || 'the document'}: ${issue?.message}` });
  }
  const proof = read.data;
  const fault =
    chainFault(sha256, proof) ?? inclusionFault(sha256, proof) ?? signatureFault(proof, signed) ?? witnessFault(sha256, proof, witnessed);
  return fault === undefined ? E.right(proof) : E.left(fault);
};

const chainFault = (sha256: Sha256, { fact, previous, later }: FactProof): ProofFault | undefined => {
  const link = chainHash(sha256);
  let before = bytesOf(previous) ?? new Uint8Array(HASH_BYTES);
  for (const [i, document] of [fact, ...later].entries()) {
    const { stream, revision } = document;
    const named = `${stream} revision ${revision}`;
    if (stream !== fact.stream || revision !== fact.revision + i)
      return { part: 'chain', detail: `${fact.stream} revision ${fact.revision + i} should stand where ${named} does` };
    const next = factOfDocument(document, 0);
    const computed = link(before, stream, revision, next);
    if (!isSame(computed, next.hash))
      return {
        part: i === 0 ? 'fact' : 'chain',
        detail: `${named} is not the fact that was hashed: ${hexOf(computed)} is not ${document.hash}`,
      };
    before = next.hash;
  }
  return undefined;
};

const inclusionFault = (sha256: Sha256, { fact, later, leaf, path, checkpoint }: FactProof): ProofFault | undefined => {
  const head = later.at(-1) ?? fact;
  if (head.position > checkpoint.position)
    return { part: 'inclusion', detail: `the checkpoint covers the log up to ${checkpoint.position}, and ${head.position} is behind that` };
  const entry = headBytes({ stream: head.stream, revision: head.revision, hash: bytesOf(head.hash) ?? new Uint8Array(HASH_BYTES) });
  const siblings = path.map((hex) => bytesOf(hex) ?? new Uint8Array(HASH_BYTES));
  const root = rootFromPath(sha256, leafHash(sha256, entry), leaf, checkpoint.streams, siblings);
  if (root !== undefined && hexOf(root) === checkpoint.root) return undefined;
  return { part: 'inclusion', detail: `the path does not lead from ${head.stream} revision ${head.revision} to the checkpoint's root` };
};

const signatureFault = ({ checkpoint }: FactProof, signed: Signed | undefined): ProofFault | undefined =>
  signed === undefined || isSignedBy(checkpoint, signed)
    ? undefined
    : { part: 'signature', detail: `checkpoint ${checkpoint.number} is not signed by the key that is trusted` };

const witnessFault = (
  sha256: Sha256,
  { checkpoint }: FactProof,
  witnessed: readonly SignedCheckpoint[] | undefined,
): ProofFault | undefined => {
  const named = checkpointHash(sha256, checkpoint);
  if (witnessed === undefined || witnessed.some((seen) => checkpointHash(sha256, seen) === named)) return undefined;
  return { part: 'witness', detail: `the witness has not kept checkpoint ${checkpoint.number} as it stands here` };
};
