import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { openSqliteLog } from '../../src/adapters/log/sqlite/sqliteLog.ts';
import { startStore } from '../../test/support/storeProcess.ts';
import { type Appending, appendFor, fill } from './appending.ts';
import { cpuOf } from './cpu.ts';
import { median, medians, rounded } from './figures.ts';
import { openOver } from './overTheWire.ts';

/** Appends that wait for their answer at once. */
const IN_FLIGHT = [1, 8, 64, 512] as const;
/** What warms a log up and isn't counted, ms. */
const WARM_UP_MS = 1_500;
/** What a new mirror has to catch up with at least, facts. */
const BEHIND = 50_000;

/** µs of CPU per fact, whole processes with all their threads; the bench's own work is in the engine's. */
type Embedded = Omit<Appending, 'facts'> & { readonly engineMicros: number };
type Wired = Embedded & { readonly storeMicros: number };

export type Level = {
  readonly inFlight: number;
  readonly embedded: Embedded;
  readonly overTheWire: Wired;
  /** Facts per second over the wire, as a share of those of the embedded log. */
  readonly ratio: number;
};

export type CatchingUp = {
  readonly facts: number;
  readonly factsPerSecond: number;
  readonly engineMicros: number;
  readonly storeMicros: number;
};

/** Each load goes to the embedded log and over the wire by turns, so that what else the machine does meets both. */
export const compareLogs = async (
  folder: string,
  runs: number,
  runMs: number,
): Promise<{ readonly levels: readonly Level[]; readonly catchUp: CatchingUp }> => {
  const embedded = await openSqliteLog({ path: join(folder, 'embedded.sqlite') });
  const store = await startStore(join(folder, 'store.sqlite'));
  try {
    const shared = await openOver(store.connection, folderIn(folder, 'first'));
    const ofEmbedded = async (inFlight: number): Promise<Embedded> => {
      const before = cpuOf(process.pid);
      const { facts, ...appending } = await appendFor(embedded, inFlight, runMs);
      return { ...appending, engineMicros: (cpuOf(process.pid) - before) / facts };
    };
    const ofWire = async (inFlight: number): Promise<Wired> => {
      const before = { engine: cpuOf(process.pid), store: cpuOf(store.pid) };
      const { facts, ...appending } = await appendFor(shared.log, inFlight, runMs);
      return {
        ...appending,
        engineMicros: (cpuOf(process.pid) - before.engine) / facts,
        storeMicros: (cpuOf(store.pid) - before.store) / facts,
      };
    };
    await appendFor(embedded, 64, WARM_UP_MS);
    await appendFor(shared.log, 64, WARM_UP_MS);
    const levels: Level[] = [];
    for (const inFlight of IN_FLIGHT) {
      const samples: { readonly embedded: Embedded; readonly wire: Wired }[] = [];
      for (let run = 0; run < runs; run++) samples.push({ embedded: await ofEmbedded(inFlight), wire: await ofWire(inFlight) });
      levels.push({
        inFlight,
        embedded: medians(samples.map((sample) => sample.embedded)),
        overTheWire: medians(samples.map(({ wire }) => wire)),
        ratio: rounded(median(samples.map(({ embedded: own, wire }) => wire.factsPerSecond / own.factsPerSecond))),
      });
    }
    await fill(shared.log, BEHIND);
    await shared.close();
    const catching: CatchingUp[] = [];
    for (let run = 0; run < runs; run++) catching.push(await catchUp(store, folderIn(folder, `mirror-${run}`)));
    return { levels, catchUp: { ...medians(catching), facts: catching[0]?.facts ?? 0 } };
  } finally {
    await embedded.close();
    await store.kill('SIGTERM');
  }
};

/** From nothing to all that the store holds. */
const catchUp = async (store: { readonly connection: string; readonly pid: number }, folder: string): Promise<CatchingUp> => {
  const before = { engine: cpuOf(process.pid), store: cpuOf(store.pid) };
  const began = performance.now();
  const shared = await openOver(store.connection, folder);
  const seconds = (performance.now() - began) / 1000;
  const facts = shared.log.head();
  const found = {
    facts,
    factsPerSecond: facts / seconds,
    engineMicros: (cpuOf(process.pid) - before.engine) / facts,
    storeMicros: (cpuOf(store.pid) - before.store) / facts,
  };
  await shared.close();
  return found;
};

const folderIn = (folder: string, name: string): string => {
  const made = join(folder, name);
  mkdirSync(made);
  return made;
};
