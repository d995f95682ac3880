import { readFileSync } from 'node:fs';
import { Kafka, type KafkaConfig, logLevel, type SASLOptions } from 'kafkajs';
import { tameKafkajs } from './tamed.ts';

/** How a cluster is reached. Plain data, so that a thread can be given it. */
export type KafkaConnection = {
  /** `host:port`, any of the cluster. */
  readonly brokers: readonly string[];
  /** TLS; the system's authorities where no file names others. Files in PEM, read at each connection, so that they can be renewed. */
  readonly tls?: { readonly caFile?: string; readonly certificateFile?: string; readonly keyFile?: string };
  readonly sasl?: { readonly mechanism: SaslMechanism; readonly username: string; readonly passwordFile: string };
};

export const SASL_MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;
export type SaslMechanism = (typeof SASL_MECHANISMS)[number];

const CONNECT_MAX_MS = 3_000;
/** A broker that takes longer for a request counts as lost. */
const REQUEST_MAX_MS = 15_000;
/** Few: each request that is repeated connects again, as often as this. Whoever asks goes on asking. */
const RETRIES = { retries: 1, initialRetryTime: 100, maxRetryTime: 500 } as const;

/** @throws Error where a file that is named can't be read */
export const kafkaOf = (connection: KafkaConnection, clientId: string): Kafka => {
  tameKafkajs();
  return new Kafka({
    clientId,
    brokers: [...connection.brokers],
    connectionTimeout: CONNECT_MAX_MS,
    authenticationTimeout: CONNECT_MAX_MS,
    requestTimeout: REQUEST_MAX_MS,
    // What fails is answered to whoever asked, who says it once.
    logLevel: logLevel.NOTHING,
    retry: RETRIES,
    ...tlsOf(connection),
    ...saslOf(connection),
  });
};

const tlsOf = ({ tls }: KafkaConnection): Pick<KafkaConfig, 'ssl'> => {
  if (tls === undefined) return {};
  const { caFile, certificateFile, keyFile } = tls;
  return {
    ssl: {
      ...(caFile !== undefined && { ca: read(caFile) }),
      ...(certificateFile !== undefined && { cert: read(certificateFile) }),
      ...(keyFile !== undefined && { key: read(keyFile) }),
    },
  };
};

const saslOf = ({ sasl }: KafkaConnection): Pick<KafkaConfig, 'sasl'> => {
  if (sasl === undefined) return {};
  const { mechanism, username, passwordFile } = sasl;
  return { sasl: { mechanism, username, password: read(passwordFile).replace(/\r?\n$/, '') } as SASLOptions };
};

const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new Error(`'${path}' cannot be read: ${(error as Error).message}`);
  }
};
