import { randomUUID } from 'node:crypto';
import { chmod, mkdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Artifact, HostFault } from '../../../../domain/ports/hosts.ts';
import { placeBelow } from './below.ts';
import { download } from './download.ts';
import { archiveKind, unpack } from './unpack.ts';

/**
 * Brings one artifact into the sandbox, as Mesos' fetcher does: downloaded, then unpacked in place or put at its destination.
 * @returns the fault, naming the URI and the entry at fault. What was written until then is the caller's to remove.
 */
export const bringArtifact = async (artifact: Artifact, sandbox: string): Promise<HostFault | undefined> => {
  // A sibling of the sandbox, on the same file system: moved, not copied, and no archive can write to it.
  const file = join(dirname(sandbox), `.fetch-${randomUUID()}`);
  try {
    const url = new URL(artifact.uri);
    const name = decodeURIComponent(basename(url.pathname));
    await download(url, file);
    const kind = artifact.extract ? archiveKind(name) : undefined;
    if (kind === undefined || kind === 'gz') {
      const plain = kind === 'gz' ? name.slice(0, -'.gz'.length) : name;
      const place = await placeBelow(sandbox, artifact.destPath ?? plain);
      if (place === sandbox) throw new Error('the URI names no file; give it a destPath');
      await mkdir(dirname(place), { recursive: true });
      if (kind === 'gz') await unpack(kind, file, place);
      else await rename(file, place);
      await chmod(place, artifact.executable ? 0o755 : 0o644);
      return undefined;
    }
    const into = artifact.destPath === undefined ? sandbox : await placeBelow(sandbox, artifact.destPath);
    await mkdir(into, { recursive: true });
    await unpack(kind, file, into);
    return undefined;
  } catch (error) {
    return { _tag: 'ArtifactFetchFailed', uri: withoutSecrets(artifact.uri), message: reasonOf(error) };
  } finally {
    await rm(file, { force: true });
  }
};

/** A fault becomes a fact, and facts are for ever: user, password and query stay out of it. */
export const withoutSecrets = (uri: string): string => uri.replace(/^([a-z]+:\/\/)[^/@]*@/i, '$1').replace(/\?.*$/s, '');

const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : '';
  return error.message + cause;
};
