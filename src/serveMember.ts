import { join } from 'node:path';
import type { Command } from 'commander';
import { Option } from 'commander';
import { CliFailure, EXIT, usage } from './adapters/cli/failure.ts';
import type { Io } from './adapters/cli/io.ts';
import type { MemberOptions } from './member.ts';
import { isStoreAddress } from './storeAddress.ts';

export type MemberFlags = {
  readonly clusterSecret?: string;
  readonly advertise?: string;
  readonly lease?: number;
  readonly standby?: 'proxy' | 'redirect';
};

const LEASE_SECONDS = { min: 1, max: 300, usual: 5 } as const;

const leaseOf = (value: string): number => {
  const seconds = Number(value);
  if (!/^\d+(\.\d+)?$/.test(value) || seconds < LEASE_SECONDS.min || seconds > LEASE_SECONDS.max)
    throw usage(`'${value}' is no lease: seconds from ${LEASE_SECONDS.min} to ${LEASE_SECONDS.max}`);
  return seconds;
};
const urlOf = (value: string): string => {
  if (!URL.canParse(value) || !/^https?:$/.test(new URL(value).protocol))
    throw usage(`'${value}' is no URL of an API, such as http://10.0.0.7:8080`);
  return value.replace(/\/$/, '');
};

/** The options of engines that share a log. */
export const addMemberOptions = (command: Command): Command =>
  command
    .option('--cluster-secret <file>', 'with --log esdb://…: the secret that its engines share; wharf cluster-secret makes one')
    .option('--advertise <url>', 'with --log esdb://…: where the other engines and their clients reach this API', urlOf)
    .option(
      '--lease <seconds>',
      `with --log esdb://…: how long a leader leads without being heard of (${LEASE_SECONDS.usual}); a successor waits for so long`,
      leaseOf,
    )
    .addOption(
      new Option(
        '--standby <how>',
        'with --log esdb://…: what a standby does with a request that the leader alone can answer (proxy)',
      ).choices(['proxy', 'redirect']),
    );

/** Undefined where the engine has a log of its own. @throws CliFailure for options that don't go together */
export const memberOf = (
  { clusterSecret, advertise, lease, standby }: MemberFlags,
  log: string | undefined,
): Pick<MemberOptions, 'store' | 'clusterSecret' | 'advertise' | 'leaseMs' | 'standbyMode'> | undefined => {
  if (log === undefined || !isStoreAddress(log)) {
    if (log !== undefined) throw usage('an engine keeps its log in --data-dir; --log is for a store that engines share: esdb://host:2113');
    const without = Object.entries({ '--cluster-secret': clusterSecret, '--advertise': advertise, '--lease': lease, '--standby': standby });
    const [named] = without.flatMap(([name, value]) => (value === undefined ? [] : [name]));
    if (named !== undefined) throw usage(`${named} is for engines that share a log: --log esdb://…`);
    return undefined;
  }
  if (clusterSecret === undefined)
    throw usage('engines that share a log share a secret too: --cluster-secret FILE; wharf cluster-secret > FILE makes one');
  return {
    store: log,
    clusterSecret,
    ...(advertise !== undefined && { advertise }),
    ...(lease !== undefined && { leaseMs: lease * 1_000 }),
    ...(standby !== undefined && { standbyMode: standby }),
  };
};

/** Where a store is, without who is asked for. */
const placeOf = (store: string): string => store.replace(/\/\/[^@/]*@/, '//');

class Broken {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** One of several engines, from its start to its end. */
export const serveMember = async (options: Omit<MemberOptions, 'onNews'>, signalled: Promise<string>, io: Io): Promise<void> => {
  const { startMember } = await import('./member.ts');
  let last: string | undefined;
  const onNews = (text: string | undefined): void => {
    if (text !== undefined && text !== last) io.out(`${text}\n`);
    last = text;
  };
  const withdrawn = new AbortController();
  const early = signalled.then((why) => {
    withdrawn.abort();
    return why;
  });
  io.out(`following ${placeOf(options.store)}\n`);
  const member = await startMember({ ...options, onNews, signal: withdrawn.signal }).catch((error: Error) => {
    if (withdrawn.signal.aborted) return undefined;
    throw new CliFailure(`the engine did not start: ${error.message}`);
  });
  if (member !== undefined) {
    io.out(
      [
        `wharf serves on ${member.url}, and stands by until it is elected`,
        `  log at    ${placeOf(options.store)}`,
        `  mirror in ${options.dataDir}`,
        `  socket    ${member.socketPath}`,
        `  token in  ${member.tokenFile}`,
        '',
      ].join('\n'),
    );
    const why = await Promise.race([early, member.broken.then((text) => new Broken(text))]);
    if (why instanceof Broken) {
      await member.close();
      throw new CliFailure(`${why.text}; remove ${join(options.dataDir, 'mirror')} to follow the store anew`);
    }
    io.out(`${why}: the engine stops; what runs goes on. A signal ends it at once.\n`);
    process.once('SIGINT', () => process.exit(EXIT.interrupted));
    process.once('SIGTERM', () => process.exit(EXIT.interrupted));
    await member.close();
  }
  io.out('stopped\n');
};
