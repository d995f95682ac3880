import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { usage } from './failure.ts';
import type { Io } from './io.ts';

/** How to reach an engine: its unix socket, which asks for no token, or an address with one. */
export type Connection =
  | { readonly kind: 'unix'; readonly socketPath: string; readonly where: string }
  | { readonly kind: 'tcp'; readonly url: URL; readonly token: string | undefined; readonly where: string };

export type ConnectionOptions = { readonly dataDir?: string; readonly url?: string; readonly log?: string };

/** Where the engine's address is when nobody says otherwise; Marathon's port, on loopback. */
const DEFAULT_URL = 'http://127.0.0.1:8080';

export const dataDirOf = ({ dataDir }: ConnectionOptions, io: Pick<Io, 'env' | 'home'>): string =>
  resolve(dataDir ?? io.env.WHARF_DATA_DIR ?? join(io.home, '.wharf'));

/**
 * What is said on the command line comes before what the environment says, and that before what is found: `--url`, `--data-dir`,
 * `$WHARF_URL`, the socket of the data directory, the default address.
 */
export const findConnection = async (options: ConnectionOptions, io: Pick<Io, 'env' | 'home' | 'openLog'>): Promise<Connection> => {
  if (options.log !== undefined) {
    if (io.openLog === undefined) throw usage('--log needs a log of this machine');
    return { kind: 'unix', socketPath: await io.openLog(resolve(options.log)), where: options.log };
  }
  const dataDir = dataDirOf(options, io);
  const socketPath = join(dataDir, 'wharf.sock');
  const url = options.url ?? (options.dataDir === undefined ? io.env.WHARF_URL : undefined);
  if (url === undefined && (options.dataDir !== undefined || (await isThere(socketPath))))
    return { kind: 'unix', socketPath, where: socketPath };
  const parsed = parseUrl(url ?? DEFAULT_URL);
  return { kind: 'tcp', url: parsed, token: io.env.WHARF_TOKEN ?? (await tokenIn(dataDir)), where: parsed.origin };
};

const parseUrl = (text: string): URL => {
  if (!URL.canParse(text) || new URL(text).protocol !== 'http:')
    throw usage(`'${text}' is no address of an engine; it looks like ${DEFAULT_URL}.`);
  return new URL(text);
};

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

const tokenIn = (dataDir: string): Promise<string | undefined> =>
  readFile(join(dataDir, 'token'), 'utf8').then(
    (text) => text.trim(),
    () => undefined,
  );
