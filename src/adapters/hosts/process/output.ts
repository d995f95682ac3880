import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { LogLine } from '../../../domain/ports/hosts.ts';

/** How far a reader has come: a file by its inode, because rotation renames it, and the bytes of a line that has no end yet. */
type Place = { inode: number; offset: number; rest: Buffer };

const CHUNK_BYTES = 64 * 1024;
const NEWLINE = 0x0a;

/** Reads one rotated stream from its oldest kept line, again and again, each time what has been added. */
export const rotatedReader = (output: string, stream: 'stdout' | 'stderr', files: number): (() => AsyncGenerator<LogLine>) => {
  const place: Place = { inode: 0, offset: 0, rest: Buffer.alloc(0) };
  return async function* () {
    const handles = await openNewestFirst(output, stream, files);
    try {
      const inodes = await Promise.all(handles.map(async (handle) => (await handle.stat()).ino));
      const known = inodes.indexOf(place.inode);
      for (let index = known === -1 ? handles.length - 1 : known; index >= 0; index--) {
        const [handle, inode] = [handles[index], inodes[index]];
        // Opened a moment after a rotation, the same file stands under two names.
        if (handle === undefined || inode === undefined || inodes.indexOf(inode) !== index) continue;
        if (inode !== place.inode) Object.assign(place, { inode, offset: 0, rest: Buffer.alloc(0) });
        yield* linesFrom(handle, place, stream);
      }
    } finally {
      await Promise.all(handles.map((handle) => handle.close()));
    }
  };
};

/** Newest first: whatever a rotation moves meanwhile is met again under its next name, never missed. */
const openNewestFirst = async (output: string, stream: string, files: number): Promise<readonly FileHandle[]> => {
  const handles: FileHandle[] = [];
  for (let index = 0; index < files; index++) {
    try {
      handles.push(await open(join(output, index === 0 ? stream : `${stream}.${index}`)));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  return handles;
};

async function* linesFrom(handle: FileHandle, place: Place, stream: 'stdout' | 'stderr'): AsyncGenerator<LogLine> {
  const chunk = Buffer.alloc(CHUNK_BYTES);
  for (;;) {
    const { bytesRead } = await handle.read(chunk, 0, CHUNK_BYTES, place.offset);
    if (bytesRead === 0) return;
    place.offset += bytesRead;
    let text = Buffer.concat([place.rest, chunk.subarray(0, bytesRead)]);
    for (let end = text.indexOf(NEWLINE); end !== -1; end = text.indexOf(NEWLINE)) {
      const line = text.subarray(0, end).toString('utf8');
      text = text.subarray(end + 1);
      place.rest = text;
      yield stamped(line, stream);
    }
    place.rest = text;
  }
}

/** `<seconds since 1970> <text>`, as the shim's rotator writes it. */
const stamped = (line: string, stream: 'stdout' | 'stderr'): LogLine => {
  const space = line.indexOf(' ');
  return { stream, at: Number(line.slice(0, space)) * 1000, text: line.slice(space + 1) };
};

/** Both streams as one, by the second they were written in; within a second stdout first. */
export async function* merged(left: AsyncGenerator<LogLine>, right: AsyncGenerator<LogLine>): AsyncGenerator<LogLine> {
  let [a, b] = await Promise.all([left.next(), right.next()]);
  try {
    while (!a.done || !b.done) {
      if (!a.done && (b.done || (a.value.at ?? 0) <= (b.value.at ?? 0))) {
        yield a.value;
        a = await left.next();
      } else if (!b.done) {
        yield b.value;
        b = await right.next();
      }
    }
  } finally {
    await Promise.all([left.return(undefined), right.return(undefined)]);
  }
}
