import { readFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { pack } from 'tar-stream';
import { progressOf } from './images.ts';

/** An image made from nothing but this machine's statically linked busybox, so that a demo or a test needs no registry. */

/** What becomes a command in the image. `wget` is left out: in a static glibc build it crashes at name lookup. */
export const APPLETS = (
  'ash basename cat chmod cp cut date dd dirname echo env expr false find grep head hostname httpd id ip kill ln ls mkdir ' +
  'mkfifo mktemp mv nc nohup nproc printenv printf ps pwd readlink rm rmdir sed seq sh sleep sort stat stty tail tar tee test ' +
  'touch tr trap true tty uname uniq usleep vi wc which whoami xargs yes'
).split(' ');

/** Where Debian's busybox-static and most others put it. */
const PLACES = ['/bin/busybox', '/usr/bin/busybox', '/usr/local/bin/busybox'];

/** The ELF header's bytes, and the program header type PT_INTERP that a dynamically linked program has (elf(5)). */
const isStaticElf = (program: Buffer): boolean => {
  if (program.length < 64 || program.readUInt32BE(0) !== 0x7f454c46 || program[4] !== 2) return false;
  const offset = Number(program.readBigUInt64LE(32));
  const size = program.readUInt16LE(54);
  const count = program.readUInt16LE(56);
  return Array.from({ length: count }, (_, index) => program.readUInt32LE(offset + index * size)).every((type) => type !== 3);
};

/** A statically linked busybox of this machine; undefined where there is none. */
export const findBusybox = async (): Promise<Buffer | undefined> => {
  for (const place of PLACES) {
    const program = await readFile(place).catch(() => undefined);
    if (program !== undefined && isStaticElf(program)) return program;
  }
  return undefined;
};

/** The same bytes for the same busybox: no clock, no owner's name. */
export const busyboxRoot = (busybox: Buffer, files: Readonly<Record<string, string>> = {}): Readable => {
  const root = pack();
  const still = { mtime: new Date(0), uid: 0, gid: 0 };
  for (const name of ['bin', 'dev', 'etc', 'proc', 'root', 'sys', 'tmp', 'var', 'www'])
    root.entry({ ...still, name, type: 'directory', mode: name === 'tmp' ? 0o1777 : 0o755 });
  root.entry({ ...still, name: 'bin/busybox', mode: 0o755 }, busybox);
  for (const name of APPLETS) root.entry({ ...still, name: `bin/${name}`, type: 'symlink', linkname: 'busybox', mode: 0o777 });
  root.entry({ ...still, name: 'etc/passwd', mode: 0o644 }, 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n');
  root.entry({ ...still, name: 'etc/group', mode: 0o644 }, 'root:x:0:\nnogroup:x:65534:\n');
  for (const [name, text] of Object.entries(files)) root.entry({ ...still, name: name.replace(/^\//, ''), mode: 0o644 }, text);
  root.finalize();
  return root as unknown as Readable;
};

/**
 * Imports the image under `tag` (`name:tag`) and answers its id.
 * @param docker any client of the engine.
 * @throws when this machine has no static busybox, or the engine says no.
 */
export const importBusybox = async (
  docker: Docker,
  {
    tag,
    files,
    command = ['/bin/sh'],
  }: { readonly tag: string; readonly files?: Readonly<Record<string, string>>; readonly command?: readonly string[] },
): Promise<string> => {
  const busybox = await findBusybox();
  if (busybox === undefined) throw new Error('no statically linked busybox on this machine (Debian: busybox-static)');
  const [repo, version] = splitTag(tag);
  const answer = await docker.importImage(busyboxRoot(busybox, files) as never, {
    repo,
    tag: version,
    changes: [`CMD ${JSON.stringify(command)}`, 'ENV PATH=/bin'],
  });
  const progress = progressOf();
  await new Promise<void>((resolve, reject) => {
    answer.on('data', progress.push);
    answer.on('error', reject);
    answer.on('end', resolve);
  });
  const failure = progress.failure();
  if (failure !== undefined) throw new Error(`import of ${tag}: ${failure}`);
  return (await docker.getImage(`${repo}:${version}`).inspect()).Id;
};

const splitTag = (tag: string): readonly [string, string] => {
  const colon = tag.indexOf(':', tag.lastIndexOf('/') + 1);
  return colon < 0 ? [tag, 'latest'] : [tag.slice(0, colon), tag.slice(colon + 1)];
};
