import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { newClusterSecret } from '../../src/adapters/keys/clusterSecret.ts';
import type { MemberOptions } from '../../src/member.ts';
import { type Api, apiOf } from './api.ts';
import { BRISK } from './liveEngine.ts';

/** One of several engines on a shared log, in a process of its own that a test may kill, stop for a while, and start again. */

export type Seen = {
  readonly role: 'standby' | 'leader';
  /** 0 for one that stands by. */
  readonly term: number;
  /** Of the leader; none are told by one that stands by. */
  readonly quarantined: readonly (readonly [string, string])[];
  readonly instances: readonly {
    readonly id: string;
    readonly app: string;
    readonly version: string;
    readonly slot: number;
    readonly state: string;
  }[];
};

export type LiveMember = {
  /** Once it listens. */
  readonly api: Api;
  readonly pid: number;
  /** Once it listens; rejects where it ends before. */
  readonly listens: Promise<void>;
  /** What happened to it so far, as it tells its operator; null: nothing is in its way any more. */
  readonly news: readonly (string | null)[];
  /** Resolves when it tells something that matches, also where it did so before. */
  tells(what: RegExp): Promise<string>;
  look(): Promise<Seen>;
  /** As a crash. */
  kill(): Promise<void>;
  /** As its operator does. @returns the status it ended with */
  stop(): Promise<number | null>;
  /** SIGSTOP and SIGCONT: as a machine that stands still for a while. */
  pause(): void;
  resume(): void;
};

export type LiveMemberOptions = Partial<MemberOptions> & Pick<MemberOptions, 'dataDir' | 'store'>;

/** As short as a lease may be, ms. */
export const SHORT_LEASE_MS = 1_000;

export const startLiveMember = (options: LiveMemberOptions): LiveMember => {
  const clusterSecret = options.clusterSecret ?? `${options.dataDir}-secret`;
  if (!existsSync(clusterSecret)) writeFileSync(clusterSecret, newClusterSecret(), { mode: 0o600 });
  const given: MemberOptions = { listen: { port: 0 }, pace: BRISK, leaseMs: SHORT_LEASE_MS, noAuth: true, ...options, clusterSecret };
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', join(import.meta.dirname, 'memberProcess.ts'), JSON.stringify(given)],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const news: (string | null)[] = [];
  const looks: ((seen: Seen) => void)[] = [];
  const listeners = new Set<() => void>();
  const listens = Promise.withResolvers<void>();
  listens.promise.catch(() => undefined);
  let api: Api | undefined;
  createInterface({ input: child.stdout }).on('line', (line) => {
    const said = JSON.parse(line) as { news?: string | null; url?: string; seen?: Seen };
    if (said.news !== undefined) news.push(said.news);
    if (said.seen !== undefined) looks.shift()?.(said.seen);
    if (said.url !== undefined) {
      api = apiOf(said.url, '');
      listens.resolve();
    }
    for (const listener of [...listeners]) listener();
  });
  const over = once(child, 'exit').then(([code]) => {
    listens.reject(new Error(`the engine ended (${code ?? child.signalCode}): ${news.join(' | ')}`));
    return code as number | null;
  });
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    return over;
  };
  return {
    get api() {
      if (api === undefined) throw new Error('it does not listen yet');
      return api;
    },
    pid: child.pid ?? 0,
    listens: listens.promise,
    news,
    tells: (what) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = news.find((text) => text !== null && what.test(text));
          if (found === undefined || found === null) return;
          listeners.delete(look);
          resolve(found);
        };
        listeners.add(look);
        void over.then(() => reject(new Error(`the engine ended, and never told ${what}: ${news.join(' | ')}`)));
        look();
      }),
    look: () =>
      new Promise((resolve, reject) => {
        looks.push(resolve);
        void over.then(() => reject(new Error('the engine ended')));
        child.stdin.write('look\n');
      }),
    kill: async () => void (await end('SIGKILL')),
    stop: () => end('SIGTERM'),
    pause: () => void process.kill(child.pid ?? 0, 'SIGSTOP'),
    resume: () => void process.kill(child.pid ?? 0, 'SIGCONT'),
  };
};
