import { readFileSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import type { Witness } from '../../domain/ports/witness.ts';
import { signedCheckpoint } from '../../domain/proof/checkpoint.ts';

/** How much of a long file is read to find its last lines: a line has some 600 bytes. */
const TAIL_BYTES = 256 * 1024;

/** A file of JSON lines to which checkpoints are appended, best on another machine's disk. Made when it is not there. */
export const fileWitness = (path: string): Witness => ({
  name: path,
  last: async (log) => {
    const text = await tailOf(path);
    return lastIn(text, log) ?? (text.length < TAIL_BYTES ? undefined : lastIn(await readFile(path, 'utf8'), log));
  },
  keep: async (checkpoint) => {
    const file = await open(path, 'a+', 0o644);
    try {
      const { size } = await file.stat();
      // A line that a crash cut short stays as it is, and stays a line of its own.
      const { buffer } = await file.read(Buffer.alloc(1), 0, 1, Math.max(0, size - 1));
      const isCut = size > 0 && buffer.toString() !== '\n';
      await file.appendFile(`${isCut ? '\n' : ''}${JSON.stringify(checkpoint)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
  },
});

/** The lines of a witness' file, for whoever checks them. @throws Error where it cannot be read */
export const readWitnessFile = (path: string): readonly string[] => {
  try {
    return readFileSync(path, 'utf8').split('\n');
  } catch (error) {
    throw new Error(`the witness '${path}' cannot be read: ${(error as Error).message}`);
  }
};

const tailOf = async (path: string): Promise<string> => {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw new Error(`the witness '${path}' cannot be read: ${error.message}`);
  });
  if (file === undefined) return '';
  try {
    const { size } = await file.stat();
    const length = Math.min(size, TAIL_BYTES);
    const { buffer } = await file.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString('latin1');
  } finally {
    await file.close();
  }
};

const lastIn = (text: string, log: string) => {
  for (const line of text.split('\n').reverse()) {
    if (!line.includes(log)) continue;
    try {
      const read = signedCheckpoint.safeParse(JSON.parse(line));
      if (read.success && read.data.log === log) return read.data;
    } catch {
      // The first line of the tail begins in its middle, and a crash may have cut another.
    }
  }
  return undefined;
};
