import { sha256 } from '../../src/adapters/log/sqlite/sha256.ts';
import { chainHash, NO_HASH } from '../../src/domain/kernel/chain.ts';
import type { ChainedLog } from '../../src/domain/ports/verification.ts';
import { hexOf } from '../../src/domain/proof/bytes.ts';
import type { ChainedFact } from '../../src/domain/proof/chained.ts';

/** What somebody would write who changes history and computes all hashes again: chains that hold. */
export const rechained = (facts: readonly ChainedFact[]): readonly ChainedFact[] => {
  const link = chainHash(sha256);
  const heads = new Map<string, Uint8Array>();
  return facts.map((fact) => {
    const hash = link(heads.get(fact.stream) ?? NO_HASH, fact.stream, fact.revision, fact);
    heads.set(fact.stream, hash);
    const { fact: _, ...stored } = fact;
    return { ...stored, hash };
  });
};

/** A log over facts in memory. */
export const chainedLog = (facts: readonly ChainedFact[]): ChainedLog => ({
  identity: () => (facts[0] === undefined ? undefined : hexOf(facts[0].hash)),
  head: () => facts.at(-1)?.position ?? 0,
  facts: (after, upTo) => facts.filter(({ position }) => position > after && position <= upTo),
});
