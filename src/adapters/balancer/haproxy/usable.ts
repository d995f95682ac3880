import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createServer } from 'node:net';
import type { Certificate, Listener, RouteTable } from '../../../domain/traffic/table.ts';

export type Usable = { readonly table: RouteTable; readonly warnings: readonly string[] };

/**
 * The part of a table that can be served here: without listeners whose port another process has and without certificates that are none.
 * One app's mistake keeps nobody else from being served.
 * @param bound listeners that are ours already
 */
export const usablePart = async (table: RouteTable, bound: ReadonlySet<string>): Promise<Usable> => {
  const warnings: string[] = [];
  const listeners = await Promise.all(
    table.listeners.map(async (listener): Promise<readonly Listener[]> => {
      const fault = bound.has(placeOf(listener)) ? undefined : await bindFault(listener);
      if (fault !== undefined) {
        warnings.push(`cannot listen on ${placeOf(listener)}: ${fault}`);
        return [];
      }
      if (listener.tls === undefined) return [listener];
      const certificates = listener.tls.certificates.filter((certificate) => {
        const wrong = certificateFault(certificate);
        if (wrong !== undefined)
          warnings.push(`a certificate of ${placeOf(listener)} for ${certificate.hosts.join(', ')} is not usable: ${wrong}`);
        return wrong === undefined;
      });
      if (certificates.length > 0) return [{ ...listener, tls: { certificates } }];
      warnings.push(`${placeOf(listener)} has no usable certificate`);
      return [];
    }),
  );
  return { table: { ...table, listeners: listeners.flat() }, warnings };
};

export const placeOf = ({ address, port }: Listener): string => `${address}:${port}`;

const FAULTS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another process has this port',
  EACCES: 'this user may not take this port',
  EADDRNOTAVAIL: 'this machine has no such address',
};

/** HAProxy shares ports with whoever allows it, so that it would not say. */
const bindFault = ({ address, port }: Listener): Promise<string | undefined> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', ({ code = '', message }: NodeJS.ErrnoException) => resolve(FAULTS[code] ?? message));
    server.listen({ port, host: address === '*' ? '0.0.0.0' : address, exclusive: true }, () => server.close(() => resolve(undefined)));
  });

const certificateFault = ({ certificate, key }: Certificate): string | undefined => {
  try {
    return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key)) ? undefined : 'the key is of another certificate';
  } catch (error) {
    return (error as Error).message;
  }
};
