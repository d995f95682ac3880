import { importInto } from '../adapters/log/sqlite/importing.ts';
import { sha256 } from '../adapters/log/sqlite/sha256.ts';
import { hexOf } from '../domain/proof/bytes.ts';
import { type ChainFault, chainAudit } from '../domain/proof/chainAudit.ts';
import type { ExportHeader } from '../domain/proof/exported.ts';
import { readExport } from './exportFile.ts';

export type Imported = { readonly header: ExportHeader; readonly facts: number; readonly streams: number };

/**
 * Makes a new log of an export. Chains are checked while it is read, and the log stands under its name only when all of it is there.
 * Each stream must be there from its beginning. A whole log keeps its positions; a part of one is counted from 1.
 * @throws Error in plain words; then nothing is there that was not there before
 */
export const importFile = async (from: string, to: string, onProgress: (facts: number) => void = () => {}): Promise<Imported> => {
  const { header, facts } = await readExport(from);
  const whole = header.from === 1 && header.streams === undefined;
  let fault: ChainFault | undefined;
  const chains = chainAudit({
    sha256,
    isWhole: whole,
    report: (found) => {
      fault ??= found;
    },
  });
  const target = importInto(to);
  try {
    for await (const batch of facts) {
      const [first] = batch;
      if (whole && chains.facts() === 0 && first !== undefined && hexOf(first.hash) !== header.log)
        throw new Error(`'${from}' says that it is another log than its first fact is of`);
      for (const fact of batch) chains.take(fact);
      if (fault !== undefined) throw new Error(`'${from}' does not hold: ${sentence(fault)}`);
      target.take(batch);
      onProgress(chains.facts());
    }
    target.finish();
  } catch (error) {
    target.abandon();
    throw error;
  }
  return { header, facts: chains.facts(), streams: chains.streams() };
};

const sentence = ({ kind, stream, revision, position, detail }: ChainFault): string => {
  const cut = kind === 'missing' ? '; an import takes whole streams, from their first fact on' : '';
  return `${stream} revision ${revision} at position ${position}: ${detail}${cut}`;
};
