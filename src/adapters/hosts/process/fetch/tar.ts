import type { Readable } from 'node:stream';
import { type Extract, extract, type Header } from 'tar-stream';
import { Escape } from './below.ts';
import { writeDirectory, writeFileEntry, writeHardLink, writeSymlink } from './entries.ts';

/** Unpacks a plain tar stream below `root`. Devices and pipes have no business in an artifact. */
export const unpackTar = async (source: Readable, root: string, maxBytes: number): Promise<void> => {
  const entries = extract();
  // Handled at once, so that a failing source is no unhandled rejection while an entry is being written.
  const fed = feed(source, entries, maxBytes).then(
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

/** By hand, because Node's pipeline does not always notice how tar-stream's kind of stream (streamx) ends. */
const feed = async (source: Readable, entries: Extract, maxBytes: number): Promise<void> => {
  let seen = 0;
  for await (const chunk of source) {
    seen += chunk.length;
    if (seen > maxBytes) throw new Error(`is larger than ${maxBytes} bytes`);
    if (entries.write(chunk)) continue;
    await new Promise<void>((resolve) => {
      const on = () => {
        entries.off('drain', on).off('close', on);
        resolve();
      };
      entries.on('drain', on).on('close', on);
      if (entries.destroyed) on();
    });
    if (entries.destroyed) return;
  }
  entries.end(null);
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
