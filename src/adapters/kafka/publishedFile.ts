import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import type { PublishedStore } from '../../domain/ports/publishing.ts';

const published = z.object({
  position: z.int().min(0),
  hash: z.string().optional(),
  cluster: z.string(),
  prefix: z.string(),
  state: z.boolean().optional(),
});

/** A file that holds it whole at every moment: a new one is synced beside it and takes its name. */
export const publishedFile = (path: string): PublishedStore => ({
  load: async () => {
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (text === undefined) return undefined;
    try {
      const { hash, state, ...rest } = published.parse(JSON.parse(text));
      return { ...rest, ...(hash !== undefined && { hash }), ...(state !== undefined && { state }) };
    } catch {
      throw new Error(`'${path}' does not say how far the log was published; without the file all of it is published again`);
    }
  },
  save: async (value) => {
    const directory = dirname(path);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const next = `${path}.next`;
    const file = await open(next, 'w', 0o600);
    try {
      await file.writeFile(`${JSON.stringify(value)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(next, path);
    // The new name is on disk when the directory is.
    const folder = await open(directory, 'r');
    await folder.sync().finally(() => folder.close());
  },
});
