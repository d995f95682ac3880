import type { NetConnectOpts } from 'node:net';

/** Nobody is asked for a token here, so that only this machine may reach it. */
const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '[::1]']);
const PORT_MAX = 65_535;
/** Longest path of a unix socket on Linux, bytes; the kernel's `sun_path` without its end. */
const PATH_MAX_BYTES = 107;

/**
 * Where simulated hosts listen: `unix:/path` or `tcp://127.0.0.1:port`.
 * @throws Error that names the rule
 */
export const placeOf = (address: string): NetConnectOpts => {
  const path = /^unix:(\/.+)$/.exec(address)?.[1];
  if (path !== undefined) {
    if (Buffer.byteLength(path) > PATH_MAX_BYTES) throw new Error(`the path of a unix socket has at most ${PATH_MAX_BYTES} bytes: ${path}`);
    return { path };
  }
  const [, host = '', port = ''] = /^tcp:\/\/(.+):(\d{1,5})$/.exec(address) ?? [];
  if (host === '' || Number(port) > PORT_MAX)
    throw new Error(`'${address}' is no address of simulated hosts: it is unix:/path or tcp://127.0.0.1:port`);
  if (!LOOPBACK.has(host)) throw new Error(`'${address}': simulated hosts ask nobody for a token, and listen on loopback only`);
  return { host: host === '[::1]' ? '::1' : host, port: Number(port) };
};
