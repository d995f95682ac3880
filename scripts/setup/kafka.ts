import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { KAFKA_VERSION, kafkaLibraries, MAVEN } from '../../test/support/kafkaFiles.ts';

const PLUGIN = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';
/** Some hundred MB, over a slow line. */
const MAX_MS = 10 * 60_000;
const POM = join(import.meta.dirname, 'kafka', 'pom.xml');

const run = promisify(execFile);

/**
 * Has Maven copy a Kafka broker into a cache of the user's, from Maven Central, unless it is there. Safe to repeat.
 * @returns what is still missing.
 */
export const installKafka = async (say: (line: string) => void): Promise<readonly string[]> => {
  const target = kafkaLibraries();
  if (await isFilled(target)) {
    say(`kafka: ${KAFKA_VERSION} is there`);
    return [];
  }
  const what = `kafka: ${KAFKA_VERSION} from Maven Central`;
  const maven = await firstThere(MAVEN);
  if (maven === undefined) {
    say(`${what}: maven is not installed`);
    return ['kafka'];
  }
  await mkdir(dirname(target), { recursive: true });
  // Beside its place, which it takes whole or not at all.
  const fresh = await mkdtemp(`${target}.`);
  try {
    const args = ['-B', '-q', '-C', '-f', POM, PLUGIN, `-Dkafka.version=${KAFKA_VERSION}`, '-DincludeScope=runtime'];
    await run(maven, [...args, `-DoutputDirectory=${fresh}`], { timeout: MAX_MS, maxBuffer: 64 * 1024 * 1024 });
    await rename(fresh, target);
    say(`${what}: done`);
    return [];
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    // Somebody else was quicker.
    if (await isFilled(target)) return [];
    const { stdout = '', message } = error as Error & { readonly stdout?: string };
    say(`${what}: failed: ${stdout.split('\n').find((line) => line.includes('ERROR')) ?? message}`);
    return ['kafka'];
  }
};

const isFilled = (directory: string): Promise<boolean> =>
  readdir(directory).then(
    (files) => files.length > 0,
    () => false,
  );

const firstThere = async (paths: readonly string[]): Promise<string | undefined> => {
  for (const path of paths)
    if (
      await access(path).then(
        () => true,
        () => false,
      )
    )
      return path;
  return undefined;
};
