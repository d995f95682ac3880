import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './shell.ts';

export type ClientKeys = { readonly ca: string; readonly cert: string; readonly key: string };

/** One authority, one client, one server per address; P-256, a few milliseconds each. */
export const issueCertificates = async (directory: string, addresses: readonly string[]): Promise<ClientKeys> => {
  const at = (name: string) => join(directory, name);
  const key = (name: string) => run('openssl', 'ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', at(name));
  await key('ca-key.pem');
  await run('openssl', 'req', '-x509', '-new', '-key', at('ca-key.pem'), '-days', '30', '-subj', '/CN=wharf-test', '-out', at('ca.pem'));
  const issue = async (name: string, extensions: string) => {
    await key(`${name}-key.pem`);
    await run('openssl', 'req', '-new', '-key', at(`${name}-key.pem`), '-subj', `/CN=${name}`, '-out', at(`${name}.csr`));
    await writeFile(at(`${name}.ext`), extensions);
    const authority = ['-CA', at('ca.pem'), '-CAkey', at('ca-key.pem'), '-CAserial', at(`${name}.srl`), '-CAcreateserial'];
    const leaf = ['-in', at(`${name}.csr`), '-days', '30', '-extfile', at(`${name}.ext`), '-out', at(`${name}.pem`)];
    await run('openssl', 'x509', '-req', ...authority, ...leaf);
  };
  await issue('client', 'extendedKeyUsage=clientAuth');
  await Promise.all(
    addresses.map((address, index) =>
      issue(`h${index + 1}`, `subjectAltName=DNS:h${index + 1},IP:${address},IP:127.0.0.1\nextendedKeyUsage=serverAuth`),
    ),
  );
  const [ca, cert, clientKey] = await Promise.all(['ca.pem', 'client.pem', 'client-key.pem'].map((name) => readFile(at(name), 'utf8')));
  return { ca: ca ?? '', cert: cert ?? '', key: clientKey ?? '' };
};

/** A certificate for one name that nobody else signed. */
export const selfSigned = async (host: string): Promise<{ hosts: readonly string[]; certificate: string; key: string }> => {
  const folder = await mkdtemp(join(tmpdir(), 'wharf-'));
  const [certificate, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const about = ['-days', '30', '-subj', `/CN=${host}`, '-addext', `subjectAltName=DNS:${host}`];
  await run(
    'openssl',
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-keyout',
    key,
    '-out',
    certificate,
    ...about,
  );
  const made = { hosts: [host], certificate: await readFile(certificate, 'utf8'), key: await readFile(key, 'utf8') };
  await rm(folder, { recursive: true });
  return made;
};
