import { gainOfEvening, isGrouped, meanLoad } from './evenness.ts';
import { Loads } from './loads.ts';
import type { Tenant } from './scene.ts';
import type { Trial } from './trial.ts';

/** Overloaded nodes that are compared for the best next move. */
const WIDTH = 4;
/** Nodes that are asked for one instance, and how many more once one would do. */
const ASKED_MAX = 256;
const COMPARED_MAX = 16;
/** Less than this is not worth a restart: a twentieth of a node's load, squared. */
const GAIN_MIN = 0.0025;

type Candidate = { readonly tenant: Tenant; readonly from: number; readonly to: number; readonly gain: number };

/** Evens the groups of GROUP_BY first, then the load, from the most loaded node to the least; the best gain for its cost goes first. */
export const spreadMoves = (trial: Trial, most: number, seed: number): void => {
  const open = [...trial.open()];
  const wanted = meanLoad(trial.ledger, open);
  const targets = new Loads(trial.ledger, open, seed);
  const sources = new Loads(
    trial.ledger,
    open.filter((row) => trial.ledger.load(row, 0, 0) > wanted),
    seed,
  );
  const take = ({ tenant, from, to, gain }: Candidate): void => {
    trial.move(tenant, from, to, gain);
    for (const row of [from, to]) {
      targets.bringUp(row);
      sources.bringUp(row);
    }
  };
  evenGroups(trial, most, targets, wanted, take);
  const known: Found = new Map();
  while (trial.steps.length < most) {
    const best = bestOfLoaded(trial, sources, targets, wanted, known);
    if (best === undefined) return;
    take(best);
    overtaken(known, best);
  }
};

/** What was found of a node holds until a move touches it or its target: others only make targets worse. */
type Found = Map<number, Candidate>;

const bestOfLoaded = (trial: Trial, sources: Loads, targets: Loads, wanted: number, known: Found): Candidate | undefined => {
  let best: Candidate | undefined;
  let looked = 0;
  const idle: number[] = [];
  for (const from of sources.falling()) {
    const found = sources.loadOf(from) > wanted ? (known.get(from) ?? bestOn(trial, from, targets, wanted)) : undefined;
    if (found === undefined) {
      idle.push(from);
      continue;
    }
    known.set(from, found);
    if (best === undefined || worth(found) > worth(best)) best = found;
    if (++looked === WIDTH) break;
  }
  // What was of no use will not be of use later, but for rare cases.
  for (const row of idle) sources.remove(row);
  return best;
};

/** Forgets what a move has overtaken. */
const overtaken = (known: Found, { tenant, from, to }: Candidate): void => {
  for (const [row, found] of known) {
    const isTouched = [found.from, found.to].some((each) => each === from || each === to);
    // Where its app stands is counted, and it stands elsewhere now.
    if (isTouched || (found.tenant.need.counted.length > 0 && found.tenant.app === tenant.app)) known.delete(row);
  }
};

const worth = ({ gain, tenant }: Candidate): number => gain / tenant.cost;

/** The best move away from a node: of equal instances one is looked at. */
const bestOn = (trial: Trial, from: number, targets: Loads, wanted: number): Candidate | undefined => {
  let best: Candidate | undefined;
  for (const tenant of representatives(trial, from)) {
    const found = bestFor(trial, tenant, from, targets.rising(), wanted);
    if (found !== undefined && (best === undefined || worth(found) > worth(best))) best = found;
  }
  return best;
};

/** Of each version of an app the one that costs least. */
const representatives = (trial: Trial, row: number): Iterable<Tenant> => {
  const cheapest = new Map<string, Tenant>();
  for (const { instance, what } of trial.ledger.heldOnRow(row).toSorted((a, b) => (a.instance < b.instance ? -1 : 1))) {
    const tenant = trial.tenantOf(instance);
    if (typeof tenant === 'string') continue;
    const known = cheapest.get(what.cohort);
    if (known === undefined || tenant.cost < known.cost) cheapest.set(what.cohort, tenant);
  }
  return cheapest.values();
};

/** Where an instance does the most good: no closer to others like it than it is. */
const bestFor = (trial: Trial, tenant: Tenant, from: number, rows: Iterable<number>, wanted: number): Candidate | undefined => {
  const { ledger } = trial;
  return trial.without(tenant, () => {
    const alike = ledger.cohort(tenant.need.cohort);
    const beside = alike.onRow(from);
    let best: Candidate | undefined;
    let [asked, compared] = [0, 0];
    for (const to of rows) {
      if (to === from) continue;
      if (++asked > ASKED_MAX || compared >= COMPARED_MAX) break;
      if (best !== undefined) compared++;
      const gain = gainOfEvening(ledger, tenant, from, to, wanted);
      if (gain < GAIN_MIN || gain <= (best?.gain ?? 0) || alike.onRow(to) > beside || !trial.takes(to, tenant)) continue;
      best = { tenant, from, to, gain };
    }
    return best;
  });
};

/** Takes from the largest group and gives to the smallest, app by app, as long as that makes groups more even. */
const evenGroups = (trial: Trial, most: number, targets: Loads, wanted: number, take: (move: Candidate) => void): void => {
  const { ledger } = trial;
  for (const { need } of groupedOn(trial)) {
    for (;;) {
      const field = need.counted.find(({ isEven }) => isEven)?.field;
      if (field === undefined) break;
      const counts = ledger.cohort(need.cohort).values(field);
      const countOf = (row: number): number => counts.get(ledger.valueOf(row, field)) ?? 0;
      const sources = [...ledger.cohort(need.cohort).rows()]
        .map(([row]) => row)
        .filter((row) => targets.has(row))
        .toSorted((a, b) => countOf(b) - countOf(a) || targets.loadOf(b) - targets.loadOf(a) || a - b);
      const [largest] = sources;
      if (largest === undefined || trial.steps.length >= most) break;
      const smaller = lowOf(targets, (row) => countOf(row) < countOf(largest) - 1);
      const found = sources
        .filter((row) => countOf(row) === countOf(largest))
        .slice(0, WIDTH)
        .flatMap((from) => {
          const tenant = [...representatives(trial, from)].find((each) => each.need.cohort === need.cohort);
          const move = tenant && bestFor(trial, tenant, from, smaller, wanted);
          return move === undefined ? [] : [move];
        })
        .reduce<Candidate | undefined>((best, move) => (best === undefined || worth(move) > worth(best) ? move : best), undefined);
      if (found === undefined) break;
      take(found);
    }
  }
};

const lowOf = (targets: Loads, isWanted: (row: number) => boolean): readonly number[] => {
  const rows: number[] = [];
  for (const row of targets.rising()) {
    if (isWanted(row)) rows.push(row);
    if (rows.length === ASKED_MAX) break;
  }
  return rows;
};

/** One of each version of an app that asks for GROUP_BY. */
const groupedOn = (trial: Trial): readonly Tenant[] => {
  const seen = new Map<string, Tenant | undefined>();
  for (const row of trial.open())
    for (const { instance, what } of trial.ledger.heldOnRow(row)) {
      if (seen.has(what.cohort)) continue;
      const tenant = trial.tenantOf(instance);
      if (typeof tenant !== 'string') seen.set(what.cohort, isGrouped(tenant.need) ? tenant : undefined);
    }
  return [...seen.values()].filter((tenant) => tenant !== undefined).toSorted((a, b) => (a.need.cohort < b.need.cohort ? -1 : 1));
};
