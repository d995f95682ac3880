import type { HistoryFault, VerifySources } from '../../domain/ports/verification.ts';
import { hexOf } from '../../domain/proof/bytes.ts';
import type { ChainedFact } from '../../domain/proof/chained.ts';
import type { SignedCheckpoint } from '../../domain/proof/checkpoint.ts';
import { headTree } from '../../domain/proof/headTree.ts';

/** Compares a log with what witnesses kept of it, as its facts go by. */
export type WitnessAudit = {
  take(fact: ChainedFact): void;
  /** @param head where the log ends: whatever a witness saw behind it was cut off */
  end(head: number): void;
  checkpoints(): number;
  witnessedUpTo(): number;
};

type Seen = { readonly witness: string; readonly checkpoint: SignedCheckpoint };

export const witnessAudit = (
  { log, sha256, witnesses }: Pick<VerifySources, 'log' | 'sha256' | 'witnesses'>,
  report: (fault: HistoryFault) => void,
): WitnessAudit => {
  const nowhere = { stream: '', revision: -1 } as const;
  const waiting: Seen[] = [];
  const identity = log.identity();
  for (const { name, witnessed } of witnesses?.() ?? []) {
    for (const { line, detail } of witnessed.faults)
      report({ ...nowhere, kind: 'witness', position: 0, detail: `${name} line ${line}: ${detail}` });
    for (const checkpoint of witnessed.checkpoints) {
      if (checkpoint.log === identity) waiting.push({ witness: name, checkpoint });
      else
        report({
          ...nowhere,
          kind: 'log',
          position: checkpoint.position,
          detail: `${name}: checkpoint ${checkpoint.number} is of another log, ${checkpoint.log.slice(0, 16)}…`,
        });
    }
  }
  waiting.sort((a, b) => b.checkpoint.position - a.checkpoint.position);
  const tree = waiting.length === 0 ? undefined : headTree(sha256);
  let compared = 0;
  let upTo = 0;
  const compare = ({ witness, checkpoint }: Seen): void => {
    const { number, position, streams, root } = checkpoint;
    if (tree === undefined) return;
    compared++;
    upTo = position;
    const found = hexOf(tree.root());
    if (found === root && tree.size() === streams) return;
    const differs = tree.size() === streams ? 'another history' : `${streams} streams, and there are ${tree.size()}`;
    report({ ...nowhere, kind: 'root', position, detail: `checkpoint ${number} of ${witness} has seen ${differs} up to here` });
  };
  /** Those that stand before this position. */
  const compareBefore = (position: number): void => {
    for (let next = waiting.at(-1); next !== undefined && next.checkpoint.position < position; next = waiting.at(-1)) {
      waiting.pop();
      compare(next);
    }
  };
  return {
    take: ({ streamNumber, stream, revision, position, hash }) => {
      if (tree === undefined) return;
      compareBefore(position);
      tree.take(streamNumber, () => stream, revision, hash);
    },
    end: (head) => {
      compareBefore(head + 1);
      for (const { witness, checkpoint } of waiting.toReversed()) {
        const { number, position } = checkpoint;
        report({
          ...nowhere,
          kind: 'cut',
          position,
          detail: `checkpoint ${number} of ${witness} has seen facts up to here, and the log ends at ${head}`,
        });
      }
    },
    checkpoints: () => compared,
    witnessedUpTo: () => upTo,
  };
};
