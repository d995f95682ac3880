import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { type ChainedFact, factDocument, factOfDocument, streamNumbers } from '../domain/proof/chained.ts';
import { type ExportHeader, exportFooter, exportHeader } from '../domain/proof/exported.ts';

export type ReadExport = {
  readonly header: ExportHeader;
  /** Facts in batches, in the order of the file. Only when it has ended without an error is the file known to be whole. */
  readonly facts: AsyncGenerator<readonly ChainedFact[], void>;
};

const BATCH_FACTS = 1_000;

/** Reads an export, compressed or not. @throws Error naming the line: no export, cut short, or changed on the way */
export const readExport = async (path: string): Promise<ReadExport> => {
  const lines = linesOf(path);
  const first = await lines.next();
  const header = exportHeader.safeParse(first.done === true ? undefined : parsed(first.value, path, 1));
  if (!header.success) throw new Error(`'${path}' is no export of a log: ${complaint(header.error)}`);
  return { header: header.data, facts: factsOf(path, lines, `${first.value}\n`) };
};

const factsOf = async function* (
  path: string,
  lines: AsyncGenerator<string, void>,
  head: string,
): AsyncGenerator<readonly ChainedFact[], void> {
  const digest = createHash('sha256').update(head);
  const numberOf = streamNumbers();
  let batch: ChainedFact[] = [];
  let facts = 0;
  let number = 1;
  for await (const line of lines) {
    number++;
    const document = parsed(line, path, number);
    if ((document as { end?: unknown } | null)?.end === true) {
      const footer = exportFooter.safeParse(document);
      if (!footer.success) throw new Error(`${path} line ${number}: ${complaint(footer.error)}`);
      if (batch.length > 0) yield batch;
      if (footer.data.facts !== facts) throw new Error(`'${path}' was to hold ${footer.data.facts} facts, and holds ${facts}`);
      if (footer.data.sha256 !== digest.digest('hex')) throw new Error(`'${path}' is not what was exported: its SHA-256 is another one`);
      return;
    }
    const read = factDocument.safeParse(document);
    if (!read.success) throw new Error(`${path} line ${number} is no fact: ${complaint(read.error)}`);
    digest.update(`${line}\n`);
    facts++;
    batch.push(factOfDocument(read.data, numberOf(read.data.stream)));
    if (batch.length < BATCH_FACTS) continue;
    yield batch;
    batch = [];
  }
  throw new Error(`'${path}' is cut short: its last line is missing, behind ${facts} facts`);
};

const linesOf = async function* (path: string): AsyncGenerator<string, void> {
  const file = createReadStream(path);
  const text = path.endsWith('.gz') ? file.pipe(createGunzip()) : path.endsWith('.zst') ? file.pipe(createZstdDecompress()) : file;
  // What a pipe loses: an error of the file ends the text too.
  if (text !== file) file.on('error', (error) => text.destroy(error));
  text.setEncoding('utf8');
  let rest = '';
  try {
    for await (const chunk of text) {
      const parts = `${rest}${chunk}`.split('\n');
      rest = parts.pop() ?? '';
      yield* parts;
    }
  } catch (error) {
    throw new Error(`'${path}' cannot be read: ${(error as Error).message}`);
  } finally {
    file.destroy();
  }
  if (rest !== '') yield rest;
};

const parsed = (line: string, path: string, number: number): unknown => {
  try {
    return JSON.parse(line);
  } catch {
    throw new Error(`${path} line ${number} is no JSON`);
  }
};

const complaint = ({
  issues: [issue],
}: {
  readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[];
}): string => `${issue?.path.join('.') || 'the line'}: ${issue?.message}`;
