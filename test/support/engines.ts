import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type LiveMember, startLiveMember } from './liveMember.ts';
import { type StoreOptions, type StoreProcess, startStore } from './storeProcess.ts';

/** A store and the engines that share it, each a process of its own with a folder of its own. */
export type Engines = {
  readonly store: StoreProcess;
  readonly members: readonly LiveMember[];
  /** The mirror of the nth. */
  mirrorOf(nth: number): string;
  /** In the place of one that ended, over its data. */
  restart(nth: number): Promise<LiveMember>;
  /** Resolves once one of them leads; those that are not asked, as they stand still, are left out. */
  leader(among?: readonly LiveMember[]): Promise<{ readonly nth: number; readonly member: LiveMember; readonly term: number }>;
  /** Any that stands by. */
  standby(): Promise<LiveMember>;
  stop(): Promise<void>;
};

/** How long a store and its engines may take to be there on a machine that has much else to do, ms; for a test's own limit. */
export const START_MS = 90_000;
const LOOK_AGAIN_MS = 20;

export type EnginesOptions = StoreOptions & {
  readonly leaseMs?: number;
  /** Where the nth reaches the store; straight unless told. */
  readonly wayOf?: (nth: number, port: number) => Promise<number>;
};

export const startEngines = async (
  folder: string,
  count: number,
  { wayOf, leaseMs, ...options }: EnginesOptions = {},
): Promise<Engines> => {
  const store = await startStore(join(folder, 'store.sqlite'), undefined, options);
  const ports = await Promise.all(Array.from({ length: count }, (_, nth) => wayOf?.(nth, store.port) ?? store.port));
  const dataDirOf = (nth: number): string => join(folder, `engine-${nth}`);
  const start = async (nth: number): Promise<LiveMember> => {
    mkdirSync(dataDirOf(nth), { recursive: true, mode: 0o711 });
    const member = startLiveMember({
      store: `esdb://127.0.0.1:${ports[nth]}?tls=false`,
      dataDir: dataDirOf(nth),
      clusterSecret: join(folder, 'cluster-secret'),
      ...(leaseMs !== undefined && { leaseMs }),
    });
    members[nth] = member;
    await member.listens;
    return member;
  };
  const members: LiveMember[] = [];
  await Promise.all(Array.from({ length: count }, (_, nth) => start(nth)));
  const leader: Engines['leader'] = async (among = members) => {
    for (;;) {
      for (const member of among) {
        const { role, term } = await member.look();
        if (role === 'leader') return { nth: members.indexOf(member), member, term };
      }
      await pause(LOOK_AGAIN_MS);
    }
  };
  return {
    store,
    members,
    mirrorOf: (nth) => join(dataDirOf(nth), 'mirror', 'log.sqlite'),
    restart: start,
    leader,
    standby: async () => {
      const { member } = await leader();
      return members.find((each) => each !== member) ?? member;
    },
    stop: async () => {
      await Promise.all(members.map((member) => member.kill()));
      await store.kill();
    },
  };
};
