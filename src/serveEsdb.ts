import type { Command } from 'commander';
import { usage } from './adapters/cli/failure.ts';
import { certificateIn } from './balancers.ts';
import type { EsdbPlace } from './esdbServing.ts';

const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '::1']);
const USUAL_HOST = '127.0.0.1';

export type EsdbFlags = {
  readonly esdbPort?: number;
  readonly esdbHost?: string;
  readonly esdbCertificate?: string;
  readonly esdbInsecure?: boolean;
};

export const ESDB_WARNING =
  'WARNING: --esdb-insecure: whoever is on this machine reads the whole history by EventStoreDB’s protocol, and writes streams beside it.\n';

const portOf = (value: string): number => {
  if (!/^\d{1,5}$/.test(value) || Number(value) > 65_535) throw usage(`'${value}' is no port`);
  return Number(value);
};

/** The options on EventStoreDB's protocol. */
export const addEsdbOptions = (command: Command): Command =>
  command
    .option('--esdb-port <port>', 'speak EventStoreDB’s gRPC protocol on the log there, 2113 as a rule; 0 takes any free one', portOf)
    .option('--esdb-host <address>', `the address for it (${USUAL_HOST})`)
    .option('--esdb-certificate <file>', 'PEM file with its certificate and key; clients then give the API’s token as their password')
    .option('--esdb-insecure', 'without TLS, and nobody is asked who they are; on loopback only');

/** Where and how it is spoken; undefined where it is not. @throws CliFailure for flags that don't go together, or a file that can't be used */
export const esdbOf = async (flags: EsdbFlags): Promise<EsdbPlace | undefined> => {
  const { esdbPort: port, esdbHost: host = USUAL_HOST, esdbCertificate: file, esdbInsecure = false } = flags;
  if (port === undefined) {
    const [without] = Object.entries({ '--esdb-host': flags.esdbHost, '--esdb-certificate': file, '--esdb-insecure': flags.esdbInsecure })
      .filter(([, value]) => value !== undefined)
      .map(([name]) => name);
    if (without !== undefined) throw usage(`${without} says how --esdb-port is served: name a port`);
    return undefined;
  }
  if (file !== undefined && esdbInsecure) throw usage('--esdb-certificate is for TLS, and --esdb-insecure is without');
  if (file === undefined && !esdbInsecure)
    throw usage('--esdb-port needs --esdb-certificate FILE.pem, or, on loopback alone, --esdb-insecure');
  if (esdbInsecure && !LOOPBACK.has(host)) throw usage(`--esdb-insecure is for loopback only, not for ${host}`);
  if (file === undefined) return { host, port };
  try {
    const { certificate, key } = await certificateIn(file);
    return { host, port, certificate: { chain: certificate, key } };
  } catch (error) {
    throw usage(`the certificate '${file}' can't be used: ${(error as Error).message}`);
  }
};
