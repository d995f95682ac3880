import type { SignedCheckpoint } from '../proof/checkpoint.ts';

/**
 * Somebody outside the log who keeps its checkpoints: a file on another machine, a topic. What a witness has kept it keeps for ever; it
 * adds a line and never changes one.
 */
export type Witness = {
  /** For people. */
  readonly name: string;
  /** The last checkpoint that it kept of a log. @throws Error where it cannot be asked */
  last(log: string): Promise<SignedCheckpoint | undefined>;
  /** @throws Error where it could not be made sure that the checkpoint is kept */
  keep(checkpoint: SignedCheckpoint): Promise<void>;
};

/** Signs with the key of a log's checkpoints. */
export type Signer = {
  /** Id of the key. */
  readonly key: string;
  /** Ed25519 (RFC 8032), 64 bytes. */
  sign(bytes: Uint8Array): Uint8Array;
};
