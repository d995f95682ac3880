import { X509Certificate } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { embeddedBalancer } from './adapters/balancer/embedded/embedded.ts';
import { haproxyBalancer, haproxyVersion } from './adapters/balancer/haproxy/haproxy.ts';
import type { Balancer } from './domain/ports/balancer.ts';
import type { TrafficSettings } from './domain/traffic/settings.ts';

export const BALANCERS = ['auto', 'haproxy', 'embedded', 'none'] as const;
export type BalancerChoice = (typeof BALANCERS)[number];

export type BalancerOptions = {
  /** Where it keeps its configuration. */
  readonly dir: string;
  onTrouble?(text: string): void;
};

/** The load balancer of a choice; `auto` is HAProxy where it is installed, else the embedded one. @throws Error where the chosen one is not to be had */
export const openBalancers = async (choice: BalancerChoice, { dir, onTrouble }: BalancerOptions): Promise<readonly Balancer[]> => {
  if (choice === 'none') return [];
  if (choice === 'embedded' || (choice === 'auto' && (await haproxyVersion()) === undefined))
    return [embeddedBalancer({ onFailure: ({ message }) => onTrouble?.(`the embedded balancer failed and begins anew: ${message}`) })];
  return [await haproxyBalancer({ dir, outlives: true, ...(onTrouble !== undefined && { onTrouble }) })];
};

const PEM_CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;
const PEM_KEY = /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----[\s\S]+?-----END (?:[A-Z]+ )?PRIVATE KEY-----/;

/**
 * The certificates of a directory: each `<name>.pem` has the certificate, those that it is signed by, and the key.
 * @throws Error for a directory that cannot be read
 */
export const certificatesIn = async (
  directory: string,
  onTrouble: (text: string) => void = () => undefined,
): Promise<TrafficSettings['certificates']> => {
  const files = (await readdir(directory)).filter((file) => file.endsWith('.pem')).sort();
  const read = await Promise.all(
    files.map(async (file) => {
      try {
        const { hosts, certificate, key } = await certificateIn(join(directory, file));
        return [{ name: file.slice(0, -'.pem'.length), hosts, certificate, key }];
      } catch (error) {
        onTrouble(`${join(directory, file)} is not used: ${(error as Error).message}`);
        return [];
      }
    }),
  );
  return read.flat();
};

/** A certificate, those that it is signed by, and the key, of one PEM file. @throws Error where it lacks one */
export const certificateIn = async (
  file: string,
): Promise<{ readonly hosts: readonly string[]; readonly certificate: string; readonly key: string }> => {
  const text = await readFile(file, 'utf8');
  const [key] = PEM_KEY.exec(text) ?? [];
  const chain = text.match(PEM_CERTIFICATE);
  if (key === undefined || chain === null) throw new Error('it needs a certificate and a key, both in PEM');
  return { hosts: hostsOf(new X509Certificate(chain[0])), certificate: chain.join('\n'), key };
};

const hostsOf = ({ subjectAltName = '', subject }: X509Certificate): readonly string[] => {
  const names = [...subjectAltName.matchAll(/DNS:([^,\s]+)/g)].flatMap(([, name]) => name ?? []);
  const [, common] = /^CN=(\S+)$/m.exec(subject) ?? [];
  return (names.length > 0 ? names : common === undefined ? [] : [common]).map((name) => name.toLowerCase());
};
