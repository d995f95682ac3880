import { readFile } from 'node:fs/promises';
import { either as E } from 'fp-ts';
import { type LogFile, openLogFile } from '../adapters/log/sqlite/logFile.ts';
import { sha256 } from '../adapters/log/sqlite/sha256.ts';
import { fileWitness } from '../adapters/witness/fileWitness.ts';
import { readSigningKey } from '../adapters/witness/signingKeys.ts';
import { NO_HASH } from '../domain/kernel/chain.ts';
import { hexOf } from '../domain/proof/bytes.ts';
import { type ChainedFact, documentOf } from '../domain/proof/chained.ts';
import type { SignedCheckpoint } from '../domain/proof/checkpoint.ts';
import { checkProof, type FactProof, type ProofFault } from '../domain/proof/factProof.ts';
import { witnessHeads } from './checkpoints.ts';
import { readWitnesses, trustIn } from './verify.ts';

/** Writes a checkpoint of a log as it stands now. @returns undefined for an empty log. @throws Error in plain words */
export const checkpointFile = async (
  path: string,
  { key, witnesses, at }: { readonly key: string; readonly witnesses: readonly string[]; readonly at: number },
): Promise<SignedCheckpoint | undefined> => {
  const signer = readSigningKey(key);
  const log = openLogFile(path);
  try {
    const identity = log.identity();
    if (identity === undefined) return undefined;
    const heads = log.heads();
    const position = heads.advance();
    const seen = { log: identity, position, streams: heads.size(), root: hexOf(heads.root()) };
    return await witnessHeads(seen, signer, witnesses.map(fileWitness), at);
  } finally {
    log.close();
  }
};

/**
 * Proves that a fact stood in the log when the last checkpoint was taken that a witness kept.
 * @param wanted a position as `#12` or `12`, or a fact's id
 * @throws Error in plain words: no such fact, no checkpoint covers it, the log is not the one that was witnessed
 */
export const proveFact = async (
  path: string,
  wanted: string,
  { witnesses, keys }: { readonly witnesses: readonly string[]; readonly keys: readonly string[] },
): Promise<FactProof> => {
  const read = readWitnesses(witnesses, trustIn(keys));
  const log = openLogFile(path);
  try {
    const fact = factCalled(log, wanted);
    if (fact === undefined) throw new Error(`there is no fact '${wanted}' in ${path}`);
    const identity = log.identity();
    const head = log.head();
    const ofLog = read.flatMap(({ witnessed }) => witnessed.checkpoints).filter((checkpoint) => checkpoint.log === identity);
    const usable = ofLog.filter(({ position }) => position >= fact.position && position <= head);
    const checkpoint = usable.reduce<SignedCheckpoint | undefined>(
      (a, b) => (a === undefined || b.position > a.position ? b : a),
      undefined,
    );
    if (checkpoint === undefined)
      throw new Error(
        `no checkpoint covers position ${fact.position} yet (${ofLog.length} of this log were kept); 'wharf log checkpoint' writes one`,
      );
    return proofOf(log, fact, checkpoint);
  } finally {
    log.close();
  }
};

const factCalled = (log: LogFile, wanted: string): ChainedFact | undefined => {
  const position = /^#?(\d+)$/.exec(wanted)?.[1];
  return position === undefined ? log.withId(wanted) : log.fact(Number(position));
};

const proofOf = (log: LogFile, fact: ChainedFact, checkpoint: SignedCheckpoint): FactProof => {
  const heads = log.heads();
  heads.advance(checkpoint.position);
  if (hexOf(heads.root()) !== checkpoint.root)
    throw new Error(`the log is not the one that checkpoint ${checkpoint.number} has seen; 'wharf log verify' tells where it differs`);
  const inclusion = heads.prove(fact.stream);
  if (inclusion === undefined) throw new Error(`${fact.stream} is not among the streams of the checkpoint`);
  const [before] = fact.revision === 0 ? [] : log.stream(fact.stream, fact.revision - 1);
  const proof: FactProof = {
    format: 'wharfinger-proof/1',
    fact: documentOf(fact),
    previous: hexOf(before?.hash ?? NO_HASH),
    later: [...log.stream(fact.stream, fact.revision + 1, checkpoint.position)].map(documentOf),
    leaf: inclusion.index,
    path: inclusion.path.map(hexOf),
    checkpoint,
  };
  const checked = checkProof(sha256, proof, {});
  if (E.isLeft(checked)) throw new Error(`this can't be proven: ${checked.left.detail}`);
  return proof;
};

/** Checks a proof in a file, without the log. @throws Error where a file cannot be read */
export const checkProofFile = async (
  path: string,
  { witnesses, keys }: { readonly witnesses: readonly string[]; readonly keys: readonly string[] },
): Promise<E.Either<ProofFault, FactProof>> => {
  let document: unknown;
  try {
    document = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw new Error(`'${path}' cannot be read: ${(error as Error).message}`);
    return E.left({ part: 'form', detail: `'${path}' is no JSON: ${error.message}` });
  }
  const signed = trustIn(keys);
  const witnessed = readWitnesses(witnesses, signed).flatMap((each) => each.witnessed.checkpoints);
  return checkProof(sha256, document, {
    ...(signed !== undefined && { signed }),
    ...(witnesses.length > 0 && { witnessed }),
  });
};
