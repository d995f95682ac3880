import { homedir } from 'node:os';
import { join } from 'node:path';

/** The broker that tests run against. */
export const KAFKA_VERSION = '3.9.1';

/** Its class path, outside the repository, where every checkout finds it. */
export const kafkaLibraries = (): string =>
  join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'wharfinger', `kafka-${KAFKA_VERSION}`);

export const JAVA: readonly string[] = ['/usr/bin/java', '/usr/local/bin/java'];
export const MAVEN: readonly string[] = ['/usr/bin/mvn', '/usr/local/bin/mvn'];
export const KCAT: readonly string[] = ['/usr/bin/kcat', '/usr/local/bin/kcat'];
