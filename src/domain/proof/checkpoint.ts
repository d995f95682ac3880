import { z } from 'zod';
import type { Sha256 } from '../kernel/chain.ts';
import { hexOf } from './bytes.ts';

const hash = z.string().regex(/^[0-9a-f]{64}$/, 'is no SHA-256 in lower-case hex');

/**
 * What a witness keeps: the root of the tree over all streams' heads as the log stood at a position, signed. Each names the hash of the
 * one before it, so that a witness' lines are a chain of their own.
 */
export const signedCheckpoint = z.strictObject({
  format: z.literal('wharfinger-checkpoint/1'),
  /** Which log: the hash of its first fact. */
  log: hash,
  /** From 1. */
  number: z.int().min(1),
  /** Hash of the checkpoint before it; zeros for the first. */
  previous: hash,
  /** Position of the last fact that it covers, which is also how many there are. */
  position: z.int().min(1),
  /** Streams, the leaves of the tree. */
  streams: z.int().min(1),
  root: hash,
  /** ms since 1970. */
  at: z.int(),
  /** Id of the key that signed it, see `keyIdOf` beside the keys. */
  key: z.string().regex(/^[0-9a-f]{32}$/, 'is no id of a key'),
  /** Ed25519 (RFC 8032) over `checkpointBytes`, in hex. */
  signature: z.string().regex(/^[0-9a-f]{128}$/, 'is no Ed25519 signature in lower-case hex'),
});
export type SignedCheckpoint = z.infer<typeof signedCheckpoint>;
export type Checkpoint = Omit<SignedCheckpoint, 'signature' | 'format'>;

/** `previous` of the first checkpoint of a log. */
export const NO_CHECKPOINT = '0'.repeat(64);

/** What is signed: lines of text in UTF-8, so that it can be checked with any tool. */
export const checkpointBytes = (checkpoint: Checkpoint): Uint8Array => {
  const { log, number, previous, position, streams, root, at, key } = checkpoint;
  const fields = { log, number, previous, position, streams, root, at, key };
  const lines = Object.entries(fields).map(([name, value]) => `${name} ${value}\n`);
  return new TextEncoder().encode(`wharfinger checkpoint 1\n${lines.join('')}`);
};

export const checkpointHash = (sha256: Sha256, checkpoint: Checkpoint): string => hexOf(sha256(checkpointBytes(checkpoint)));
