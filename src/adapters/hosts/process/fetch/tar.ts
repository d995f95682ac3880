import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract, type Header } from 'tar-stream';
import { Escape } from './below.ts';
import { limitedTo } from './download.ts';
import { writeDirectory, writeFileEntry, writeHardLink, writeSymlink } from './entries.ts';

/** Unpacks a plain tar stream below `root`. Devices and pipes have no business in an artifact. */
export const unpackTar = async (source: Readable, root: string, maxBytes: number): Promise<void> => {
  const entries = extract();
  // Handled at once, so that a failing source is no unhandled rejection while an entry is being written.
  const fed = pipeline(source, limitedTo(maxBytes), entries as unknown as NodeJS.WritableStream).then(
    () => undefined,
    (error: unknown) => {
      // Neither the archive nor the entry under way would learn by itself that no more bytes come.
      entries.destroy(error instanceof Error ? error : new Error(String(error)));
      return { error };
    },
  );
  try {
    for await (const entry of entries) await writeEntry(root, entry as unknown as TarEntry);
  } catch (error) {
    entries.destroy();
    source.destroy();
    const cause = await fed;
    throw error instanceof Escape ? error : (cause?.error ?? error);
  }
  const failed = await fed;
  if (failed !== undefined) throw failed.error;
};

/** tar-stream's own streams are streamx's, which differ from Node's in type only. */
type TarEntry = Readable & { readonly header: Header };

const writeEntry = async (root: string, entry: TarEntry): Promise<void> => {
  const { name, type, mode, linkname } = entry.header;
  switch (type) {
    case 'directory':
      await writeDirectory(root, name);
      break;
    case 'file':
    case 'contiguous-file':
      return writeFileEntry(root, name, mode ?? 0o644, entry);
    case 'symlink':
      await writeSymlink(root, name, linkname ?? '');
      break;
    case 'link':
      await writeHardLink(root, name, linkname ?? '');
      break;
    default:
      throw new Escape(`${JSON.stringify(name)} is a ${type}, not a file, directory or link`);
  }
  entry.resume();
};
