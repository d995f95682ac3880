import { createReadStream } from 'node:fs';
import { lstat, mkdtemp, readdir, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { either as E } from 'fp-ts';
import type { Pack } from 'tar-stream';
import { pack } from 'tar-stream';
import { within } from './calls.ts';
import { SANDBOX } from './containerCalls.ts';
import type { Engine } from './engine.ts';
import { byId } from './engine.ts';
import { HostFaultError } from './faults.ts';
import type { DockerHostOptions } from './options.ts';
import { DEADLINES } from './options.ts';
import type { FillSandbox } from './starts.ts';

/** Fetches artifacts here, where the engine runs, and sends them into the container: its host needs nothing of ours. */
export const sandboxFiller =
  (engine: Engine, fetch: DockerHostOptions['fetch']): FillSandbox =>
  async ({ artifacts }, containerId) => {
    if (fetch === undefined)
      throw new HostFaultError({ _tag: 'StartRejected', message: 'this host was opened without a way to fetch artifacts' });
    const directory = await mkdtemp(join(tmpdir(), 'wharf-fetch-'));
    try {
      const fetched = await fetch(artifacts, directory)();
      if (E.isLeft(fetched)) throw new HostFaultError(fetched.left);
      const archive = pack();
      const filled = packDirectory(archive, directory, '').then(
        () => archive.finalize(),
        (error: Error) => archive.destroy(error),
      );
      await within(engine.clock, `fill sandbox of ${containerId}`, DEADLINES.pull, (abortSignal) =>
        byId(engine, containerId).putArchive(archive as unknown as Readable, { path: SANDBOX, abortSignal } as { path: string }),
      );
      await filled;
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  };

/** Files, directories and symbolic links with their modes; their owner is the container's root, as it is in an image. */
const packDirectory = async (archive: Pack, directory: string, prefix: string): Promise<void> => {
  for (const name of (await readdir(directory)).sort()) {
    const path = join(directory, name);
    const stats = await lstat(path);
    const header = { name: `${prefix}${name}`, mode: stats.mode & 0o7777, mtime: stats.mtime };
    if (stats.isDirectory()) {
      archive.entry({ ...header, type: 'directory' });
      await packDirectory(archive, path, `${prefix}${name}/`);
    } else if (stats.isSymbolicLink()) archive.entry({ ...header, type: 'symlink', linkname: await readlink(path) });
    else if (stats.isFile()) await pipeline(createReadStream(path), archive.entry({ ...header, size: stats.size }));
  }
};
