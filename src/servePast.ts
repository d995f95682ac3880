import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { listenTcp, listenUnix } from './adapters/http/listen.ts';
import { engineVerify } from './logs/verify.ts';
import { type OpenPast, openPast, type PastFiles } from './openPast.ts';
import { createPastServer } from './pastServer.ts';

export type ServedPast = { readonly past: OpenPast; readonly socketPath: string; readonly url?: string; close(): Promise<void> };

export type ServePastOptions = PastFiles & {
  /** Listens there as well, on loopback; whoever can reach it may read. */
  readonly listen?: { readonly host: string; readonly port: number };
  /** Told how far the index of the log has come. */
  readonly onProgress?: (position: number, head: number) => void;
};

/** An API of one log file's past, on a socket in a private folder. Its present is the last fact of the log: ages are counted from there. */
export const servePastOf = async (file: string, { listen, onProgress, ...files }: Partial<ServePastOptions> = {}): Promise<ServedPast> => {
  const past = openPast({ ...files, file });
  const http = createPastServer({ past, verify: engineVerify(file, past), auth: 'none', now: () => past.fact(past.head())?.meta.at ?? 0 });
  const folder = await mkdtemp(join(tmpdir(), 'wharf-past-'));
  const socketPath = join(folder, 'past.sock');
  try {
    past.catchUp(onProgress);
    await listenUnix(http, socketPath);
    const tcp = listen === undefined ? undefined : await listenTcp(http, listen);
    return {
      past,
      socketPath,
      ...(tcp !== undefined && { url: tcp.address }),
      close: async () => {
        await http.close();
        past.close();
        await rm(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    past.close();
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
};
