import { firstFailing } from '../../src/domain/placement/filters.ts';
import { Ledger } from '../../src/domain/placement/ledger.ts';
import { needOf, type PlacementRequest } from '../../src/domain/placement/request.ts';
import { binPack } from '../../src/domain/placement/scores.ts';
import { Search } from '../../src/domain/placement/search.ts';

/** Seeds tried, as in the published method. */
const SEEDS = 11;
const HOSTS = 200;

/** mulberry32. */
const diceOf = (seed: number) => {
  let state = seed;
  return (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

const shuffled = <A>(values: readonly A[], dice: () => number): readonly A[] => {
  const all = [...values];
  for (let at = all.length - 1; at > 0; at--) {
    const other = Math.floor(dice() * (at + 1));
    [all[at], all[other]] = [all[other] as A, all[at] as A];
  }
  return all;
};

const SIZES = [
  { cpus: 8, mem: 16_384 },
  { cpus: 16, mem: 32_768 },
  { cpus: 16, mem: 65_536 },
  { cpus: 32, mem: 65_536 },
] as const;
const ASKED_CPUS = [0.1, 0.25, 0.5, 1, 2, 4] as const;
const ASKED_MEM = [128, 512, 1024, 2048, 4096, 8192] as const;

const pick = <A>(of: readonly A[], dice: () => number): A => of[Math.floor(dice() * of.length)] as A;

/** Requests in the order in which they come, mixed: small ones are many. They fill two thirds of all hosts. */
const workloadOf = (dice: () => number): readonly PlacementRequest[] => {
  const requests: PlacementRequest[] = [];
  let [cpus, mem] = [0, 0];
  while (cpus < HOSTS * 12 && mem < HOSTS * 29_000) {
    const asked = {
      cpus: Math.min(pick(ASKED_CPUS, dice), pick(ASKED_CPUS, dice)),
      mem: Math.min(pick(ASKED_MEM, dice), pick(ASKED_MEM, dice)),
    };
    cpus += asked.cpus;
    mem += asked.mem;
    const app = `/app-${asked.cpus}-${asked.mem}`;
    requests.push({
      app,
      instances: 1,
      image: true,
      constraints: [],
      acceptedResourceRoles: ['*'],
      hostPorts: [],
      ...asked,
      disk: 0,
      gpus: 0,
    });
  }
  return requests;
};

type Way = (ledger: Ledger) => (request: PlacementRequest, nth: number) => boolean;

const ours: Way = (ledger) => {
  const searches = new Map<string, Search>();
  return (request, nth) => {
    let search = searches.get(request.app);
    if (search === undefined) {
      search = new Search(ledger, request, { score: binPack });
      searches.set(request.app, search);
    }
    return search.place([`i${nth}`], nth).every((outcome) => 'node' in outcome);
  };
};

/** Every node is looked at for every instance. */
const bestFit: Way = (ledger) => (request, nth) => {
  const need = needOf(request);
  let [best, lowest] = [-1, Number.POSITIVE_INFINITY];
  for (const row of ledger.rows()) {
    if (firstFailing(ledger, row, need) !== undefined) continue;
    const score = binPack(ledger, row, need);
    if (score < lowest) [best, lowest] = [row, score];
  }
  if (best === -1) return false;
  ledger.reserve(`i${nth}`, best, ledger.holdingOf(request), []);
  return true;
};

const fits = (way: Way, hosts: readonly number[], workload: readonly PlacementRequest[]): boolean => {
  const ledger = new Ledger();
  for (const nth of hosts)
    ledger.setNode({
      id: `n${nth}`,
      hostname: `n${nth}`,
      address: '10.0.0.1',
      attributes: {},
      roles: ['*'],
      capacity: { ...(SIZES[nth % SIZES.length] as (typeof SIZES)[number]), disk: 1000, gpus: 0 },
      portRanges: [],
      schedulable: true,
      runtime: 'simulated',
    });
  const placeOne = way(ledger);
  return workload.every(placeOne);
};

/** The fewest hosts of an order that hold a workload; all before them in the order are removed. */
const compacted = (way: Way, hosts: readonly number[], workload: readonly PlacementRequest[]): number => {
  let [enough, tooFew] = [hosts.length, 0];
  while (enough - tooFew > 1) {
    const middle = (enough + tooFew) >> 1;
    if (fits(way, hosts.slice(hosts.length - middle), workload)) enough = middle;
    else tooFew = middle;
  }
  return enough;
};

/** Cell compaction: hosts are removed in a random order until a workload no longer fits; so many are needed. */
export const compaction = (say: (text: string) => void) => {
  const tries = Array.from({ length: SEEDS }, (_, seed) => {
    const dice = diceOf(seed + 1);
    const workload = workloadOf(dice);
    const hosts = shuffled(
      Array.from({ length: HOSTS }, (_, nth) => nth),
      dice,
    );
    const [own, best] = [compacted(ours, hosts, workload), compacted(bestFit, hosts, workload)];
    say(`packing ${workload.length} instances: ${own} hosts, by best fit ${best}`);
    return { own, best };
  });
  /** Of eleven the tenth. */
  const p90 = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.ceil(values.length * 0.9) - 1] as number;
  const [own, best] = [p90(tries.map((each) => each.own)), p90(tries.map((each) => each.best))];
  return { hosts: own, hostsByBestFit: best, over: own / best, worstOver: Math.max(...tries.map((each) => each.own / each.best)) };
};
