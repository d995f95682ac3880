import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import yauzl, { type Entry, type ZipFile } from 'yauzl';
import { writeDirectory, writeFileEntry, writeSymlink } from './entries.ts';

/** Type bits of the Unix mode in an entry's external attributes, and the value of a symbolic link (stat(2) S_IFMT, S_IFLNK). */
const TYPE_BITS = 0o170000;
const SYMLINK = 0o120000;
/** Bytes; PATH_MAX of Linux. */
const LINK_TARGET_MAX_BYTES = 4096;

/** Unpacks a zip file below `root`. yauzl itself refuses absolute names and ".."; links are checked like a tar's. */
export const unpackZip = async (file: string, root: string, maxBytes: number): Promise<void> => {
  const archive = await promisify<string, yauzl.Options, ZipFile>(yauzl.open)(file, { lazyEntries: true, autoClose: false });
  const openEntry = promisify<Entry, Readable>(archive.openReadStream.bind(archive));
  let room = maxBytes;
  try {
    for (let entry = await nextEntry(archive); entry !== undefined; entry = await nextEntry(archive)) {
      room -= entry.uncompressedSize;
      if (room < 0) throw new Error(`unpacks to more than ${maxBytes} bytes`);
      await writeEntry(root, entry, openEntry);
    }
  } finally {
    archive.close();
  }
};

const writeEntry = async (root: string, entry: Entry, open: (entry: Entry) => Promise<Readable>): Promise<void> => {
  const name = entry.fileName;
  const mode = entry.externalFileAttributes >>> 16;
  if (name.endsWith('/')) return writeDirectory(root, name);
  const content = await open(entry);
  if ((mode & TYPE_BITS) === SYMLINK) {
    if (entry.uncompressedSize > LINK_TARGET_MAX_BYTES) throw new Error(`${JSON.stringify(name)} is a link with too long a target`);
    return writeSymlink(root, name, await text(content));
  }
  return writeFileEntry(root, name, mode === 0 ? 0o644 : mode, content);
};

const nextEntry = (archive: ZipFile): Promise<Entry | undefined> =>
  new Promise((resolve, reject) => {
    const done = (act: () => void) => {
      archive.removeAllListeners('entry').removeAllListeners('end').removeAllListeners('error');
      act();
    };
    archive.once('entry', (entry: Entry) => done(() => resolve(entry)));
    archive.once('end', () => done(() => resolve(undefined)));
    archive.once('error', (error: Error) => done(() => reject(error)));
    archive.readEntry();
  });
