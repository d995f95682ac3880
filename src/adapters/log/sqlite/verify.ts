import type { DatabaseSync } from 'node:sqlite';
import type { StreamName } from '../../../domain/kernel/ids.ts';
import { type ChainFault, chainAudit } from '../../../domain/proof/chainAudit.ts';
import { type ArchiveRow, factsIn } from './archives.ts';
import { chainedRows } from './chainedRows.ts';
import { sha256 } from './sha256.ts';

export type { ChainFault };

export type Verification = {
  readonly facts: number;
  readonly streams: number;
  /** Position of the last fact that was read. */
  readonly head: number;
  /** The first hundred. */
  readonly faults: readonly ChainFault[];
  readonly faultCount: number;
};

const FAULTS_NAMED_MAX = 100;

/**
 * Recomputes the chains in one pass over the facts in the order of the log, keeping 36 bytes for each stream.
 * A cut tail of the whole log can't be seen from within; that is what witnessed checkpoints are for.
 * @param missing archives that can't be reached: so many positions may be empty, and no more
 * @param only one stream alone; positions are not looked at then.
 */
export const verify = (db: DatabaseSync, only?: StreamName, missing: readonly ArchiveRow[] = []): Verification => {
  const faults: ChainFault[] = [];
  let faultCount = 0;
  const report = (fault: ChainFault): void => {
    faultCount++;
    if (faults.length < FAULTS_NAMED_MAX) faults.push(fault);
  };
  const audit = chainAudit({ sha256, report, isWhole: only === undefined, elsewhere: factsIn(missing) });
  const rows = chainedRows(db);
  try {
    const end = Number.MAX_SAFE_INTEGER;
    for (const fact of only === undefined ? rows.between(0, end) : rows.ofStream(only, 0, end)) audit.take(fact);
    audit.end();
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    report({ kind: 'unreadable', stream: only ?? '', revision: -1, position: audit.head() + 1, detail });
  }
  return { facts: audit.facts(), streams: audit.streams(), head: audit.head(), faults, faultCount };
};
