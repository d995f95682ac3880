import { spawn } from 'node:child_process';
import { createReadStream, createWriteStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { Escape } from './below.ts';
import { limitedTo } from './download.ts';
import { unpackTar } from './tar.ts';
import { unpackZip } from './zip.ts';

export type ArchiveKind = 'tar' | 'tar.gz' | 'tar.bz2' | 'tar.xz' | 'zip' | 'gz';

/** Bytes that one archive may become; guards against small files that unpack to the whole disk. */
export const UNPACKED_MAX_BYTES = 16 * 1024 ** 3;

const KINDS: readonly (readonly [RegExp, ArchiveKind])[] = [
  [/\.tar$/i, 'tar'],
  [/\.(tar\.gz|tgz)$/i, 'tar.gz'],
  [/\.(tar\.bz2|tbz2)$/i, 'tar.bz2'],
  [/\.(tar\.xz|txz)$/i, 'tar.xz'],
  [/\.zip$/i, 'zip'],
  [/\.gz$/i, 'gz'],
];

/** By the name's ending, as Mesos' fetcher tells them; undefined for what is no archive. */
export const archiveKind = (name: string): ArchiveKind | undefined => KINDS.find(([ending]) => ending.test(name))?.[1];

/** Unpacks `file` into the directory `into`; for `gz`, into the file `into`. Throws an Escape for an entry that would leave it. */
export const unpack = async (kind: ArchiveKind, file: string, into: string, maxBytes = UNPACKED_MAX_BYTES): Promise<void> => {
  switch (kind) {
    case 'zip':
      return unpackZip(file, into, maxBytes);
    case 'gz':
      return pipeline(createReadStream(file), createGunzip(), limitedTo(maxBytes), createWriteStream(into, { flags: 'wx' }));
    case 'tar':
      return unpackTar(createReadStream(file), into, maxBytes);
    case 'tar.gz':
      return unpackTar(gunzipped(file), into, maxBytes);
    case 'tar.bz2':
      return throughTool('bzip2', file, (plain) => unpackTar(plain, into, maxBytes));
    case 'tar.xz':
      return throughTool('xz', file, (plain) => unpackTar(plain, into, maxBytes));
  }
};

/** As one stream that fails when either half does. */
const gunzipped = (file: string): Readable => {
  const plain = createGunzip();
  const packed = createReadStream(file).on('error', (error) => plain.destroy(error));
  plain.once('close', () => packed.destroy());
  return packed.pipe(plain);
};

/** Node brings no bzip2 and no xz; the host's own tools do. */
const throughTool = async (tool: string, file: string, read: (plain: Readable) => Promise<void>): Promise<void> => {
  const child = spawn(tool, ['-dc', '--', file], { stdio: ['ignore', 'pipe', 'pipe'] });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(0, 500);
  });
  const ended = new Promise<void>((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'ENOENT' ? new Error(`this host has no ${tool} to unpack it with`) : error),
    );
    child.once('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`${tool} failed: ${complaint.trim() || `exit code ${code}`}`)),
    );
  });
  try {
    const [tooled, unpacked] = await Promise.allSettled([ended, read(child.stdout)]);
    // When our side refused an entry, the tool's broken pipe is only the consequence; when the tool failed, its words say more.
    if (unpacked.status === 'rejected' && unpacked.reason instanceof Escape) throw unpacked.reason;
    if (tooled.status === 'rejected') throw tooled.reason;
    if (unpacked.status === 'rejected') throw unpacked.reason;
  } finally {
    child.kill('SIGKILL');
  }
};
