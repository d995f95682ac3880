import { createWriteStream } from 'node:fs';
import { link, lstat, mkdir, symlink, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { checkLinkTarget, Escape, placeBelow } from './below.ts';

/** The permission bits that an archive may set: never set-user-id, set-group-id or sticky. */
const PERMISSIONS = 0o777;

/** Each writes one entry below `root`, or throws an Escape that names it. A later entry replaces an earlier file, as tar does. */
export const writeDirectory = async (root: string, name: string): Promise<void> => {
  await mkdir(await placeBelow(root, name), { recursive: true });
};

export const writeFileEntry = async (root: string, name: string, mode: number, content: Readable): Promise<void> => {
  const place = await vacate(root, name);
  await pipeline(content, createWriteStream(place, { mode: (mode & PERMISSIONS) | 0o600, flags: 'wx' }));
};

export const writeSymlink = async (root: string, name: string, target: string): Promise<void> => {
  checkLinkTarget(name, target);
  await symlink(target, await vacate(root, name));
};

export const writeHardLink = async (root: string, name: string, target: string): Promise<void> => {
  let existing: string;
  try {
    existing = await placeBelow(root, target);
  } catch (error) {
    if (error instanceof Escape) throw new Escape(`link ${JSON.stringify(name)} points outside, to ${JSON.stringify(target)}`);
    throw error;
  }
  if (!(await lstat(existing)).isFile())
    throw new Escape(`link ${JSON.stringify(name)} points to ${JSON.stringify(target)}, which is no file`);
  await link(existing, await vacate(root, name));
};

const vacate = async (root: string, name: string): Promise<string> => {
  const place = await placeBelow(root, name);
  if (place === root) throw new Escape(`${JSON.stringify(name)} names no file`);
  await mkdir(dirname(place), { recursive: true });
  await unlink(place).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  return place;
};
