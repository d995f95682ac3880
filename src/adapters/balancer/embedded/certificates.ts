import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls';
import type { Certificate } from '../../../domain/traffic/table.ts';

/** The certificates of one listener, which change while it serves: connections that stand keep theirs. */
export class Certificates {
  #contexts: ReadonlyMap<string, SecureContext> = new Map();
  #byHost: ReadonlyMap<string, SecureContext> = new Map();
  #first: SecureContext | undefined;

  /** @returns the key and certificate for clients that name no host, and what of them can't be used */
  update(certificates: readonly Certificate[]): { readonly first?: SecureContextOptions; readonly warnings: readonly string[] } {
    const warnings: string[] = [];
    const contexts = new Map<string, SecureContext>();
    const byHost = new Map<string, SecureContext>();
    let first: SecureContextOptions | undefined;
    for (const { hosts, certificate, key } of certificates) {
      const fault = faultOf(certificate, key);
      if (fault !== undefined) {
        warnings.push(`the certificate for ${hosts.join(', ')} is not usable: ${fault}`);
        continue;
      }
      const pems = { cert: certificate, key };
      const id = `${certificate}\n${key}`;
      const context = contexts.get(id) ?? this.#contexts.get(id) ?? createSecureContext(pems);
      contexts.set(id, context);
      if (first === undefined) [first, this.#first] = [pems, context];
      for (const host of hosts) if (!byHost.has(host.toLowerCase())) byHost.set(host.toLowerCase(), context);
    }
    this.#contexts = contexts;
    this.#byHost = byHost;
    return { ...(first !== undefined && { first }), warnings };
  }

  /** By SNI; a star stands for one label (RFC 6125 §6.4.3). */
  for(servername: string): SecureContext | undefined {
    const name = servername.toLowerCase();
    return this.#byHost.get(name) ?? this.#byHost.get(`*${name.slice(Math.max(0, name.indexOf('.')))}`) ?? this.#first;
  }
}

const faultOf = (certificate: string, key: string): string | undefined => {
  try {
    return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key)) ? undefined : 'the key is of another certificate';
  } catch (error) {
    return (error as Error).message;
  }
};
