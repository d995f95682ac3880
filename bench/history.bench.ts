import { statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, loadavg, tmpdir, totalmem } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { seededRandom } from '../src/adapters/hosts/simulated/random.ts';
import { INDEX_FILE, openPast } from '../src/openPast.ts';
import type { Told } from './history/ask.ts';
import type { Built } from './history/buildIndex.ts';
import { type Asked, askedOf, mebi, rowOf } from './history/figures.ts';
import { inChild } from './history/inChild.ts';
import { logOf } from './history/makeLog.ts';
import { drawMoments, type Moment } from './history/moments.ts';
import type { Verified } from './history/verifyLog.ts';
import type { Tried } from './history/whatIf.ts';

/**
 * Questions about a long past, each at random moments at which many instances live, each in a process of its own that opens the log, answers
 * and ends: `npm run bench -- history`. The system's file cache is warm. A try: `WHARF_BENCH_FACTS=200000 npm run bench -- history`.
 */
const { values } = parseArgs({
  options: {
    facts: { type: 'string', default: process.env.WHARF_BENCH_FACTS ?? '10000000' },
    samples: { type: 'string', default: '20' },
    seed: { type: 'string', default: '3' },
    /** A log that is there already, of this engine or another. */
    log: { type: 'string' },
    /** Measures alone, by comma: apps, tasks, capacity, why, bisect, what-if, verify. */
    only: { type: 'string' },
    /** Builds an index once more, elsewhere, to measure that where one is there. */
    reindex: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const samples = Number(values.samples);
/** Of the cluster's time, tried again in two sandboxes. */
const TRIED_MS = 600_000;
const TRIES = 3;
const say = (text: string): void => void process.stderr.write(`${text}\n`);

type Question = { readonly name: string; readonly title: string; readonly budgetMs: number; path(moment: Moment, head: number): string };
const bisect = ({ position }: Moment, head: number, assertion: string): string =>
  `/v1/history/bisect?good=${position}&bad=${head}&assert=${encodeURIComponent(assertion)}`;
const QUESTIONS: readonly Question[] = [
  { name: 'apps', title: 'app list', budgetMs: 1_000, path: ({ position }) => `/v2/apps?at=${position}` },
  { name: 'tasks', title: 'tasks of one app', budgetMs: 1_000, path: ({ position, app }) => `/v2/apps${app}/tasks?at=${position}` },
  { name: 'capacity', title: 'free capacity', budgetMs: 1_000, path: ({ position }) => `/v1/nodes?at=${position}` },
  { name: 'why', title: 'why', budgetMs: 50, path: ({ position, instance }) => `/v1/history/why?thing=${instance}&at=${position}` },
  { name: 'bisect', title: 'bisect: one app', budgetMs: 5_000, path: (moment, head) => bisect(moment, head, moment.assertions.app) },
  { name: 'bisect', title: 'bisect: all apps', budgetMs: 5_000, path: (moment, head) => bisect(moment, head, moment.assertions.cluster) },
];
const only = values.only?.split(',');
const known = [...QUESTIONS.map(({ name }) => name), 'what-if', 'verify'];
const unknown = only?.find((name) => !known.includes(name));
if (unknown !== undefined) throw new Error(`--only: there is no '${unknown}', only ${[...new Set(known)].join(', ')}`);
if (!(samples >= 1)) throw new Error(`--samples: '${values.samples}' is no number from 1`);
const isAsked = (name: string): boolean => only === undefined || only.includes(name);

const file = values.log ?? (await logOf(Number(values.facts)));
say('index');
const built = await inChild<Built>('buildIndex.ts', file);
const rebuilt = values.reindex && built.facts < built.head ? await indexElsewhere() : undefined;
const indexed = rebuilt ?? built;

const past = openPast({ file, readOnly: true });
const head = past.head();
say('moments');
const { liveMin, moments } = drawMoments(past, samples, seededRandom(Number(values.seed)));
past.close();

const asked: Record<string, Asked> = {};
for (const { name, title, budgetMs, path } of QUESTIONS) {
  if (!isAsked(name)) continue;
  const told: Told[] = [];
  for (const moment of moments) told.push(await inChild<Told>('ask.ts', file, path(moment, head)));
  const figures = askedOf(told, budgetMs);
  asked[title] = figures;
  say(`${title}: p50 ${figures.answerMs.p50} ms, p95 ${figures.answerMs.p95} ms`);
}
const tried: Tried[] = [];
if (isAsked('what-if'))
  for (const { position } of moments.slice(0, TRIES)) {
    say(`what-if from #${position}`);
    tried.push(await inChild<Tried>('whatIf.ts', file, String(position), String(TRIED_MS)));
  }
if (isAsked('verify')) say('verify');
const verified = isAsked('verify') ? await inChild<Verified>('verifyLog.ts', file) : undefined;

const live = moments.map((moment) => moment.live);
const result = {
  name: 'history',
  machine: `${cpus().length} × ${cpus()[0]?.model}, ${Math.round(totalmem() / 2 ** 30)} GiB, node ${process.version}`,
  /** Of the last minute: what else ran disturbs all figures. */
  load: loadavg()[0],
  log: basename(dirname(file)),
  facts: head,
  moments: { samples, liveMin, live: { min: Math.min(...live), max: Math.max(...live) } },
  logBytesPerFact: statSync(file).size / head,
  indexBytesPerFact: statSync(join(dirname(file), INDEX_FILE)).size / head,
  indexing:
    indexed.facts === 0
      ? 'was there'
      : { facts: indexed.facts, factsPerSecond: Math.round(indexed.facts / indexed.seconds), peakRssMiB: mebi(indexed.peakRssBytes) },
  asked,
  whatIf: tried.map(speedOf),
  ...(verified !== undefined && {
    verify: {
      faults: verified.faults,
      factsPerSecond: Math.round(verified.facts / verified.seconds),
      seconds: Math.round(verified.seconds),
      peakRssMiB: mebi(verified.peakRssBytes),
    },
  }),
};
if (values.json) console.log(JSON.stringify(result));
else {
  const { asked, ...rest } = result;
  console.table(Object.fromEntries(Object.entries(asked).map(([title, figures]) => [title, rowOf(figures)])));
  console.table(
    Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, typeof value === 'object' ? JSON.stringify(value) : value])),
  );
}
// Figures are for people to judge; a question that was not answered, or a log that does not verify, is no figure.
process.exit(Object.values(asked).some(({ failed }) => failed > 0) || (verified?.faults ?? 0) > 0 ? 1 : 0);

/**
 * Times real time: as the two sandboxes go on alone (budget 500), and with all that came before it. How much that is depends on how much
 * happens in a second of the cluster, which is said beside it: this log's life is a busy one.
 */
function speedOf({ simulatedMs, preparedMs, startMs, wallMs, recorded, appended, closeness, moved, requests, peakRssBytes }: Tried) {
  return {
    budgetTimes: 500,
    times: Math.round(simulatedMs / wallMs),
    timesWithStart: Math.round(simulatedMs / (wallMs + startMs + preparedMs)),
    recordedPerClusterSecond: Math.round(recorded / (TRIED_MS / 1000)),
    appendedPerSecond: Math.round(appended / (wallMs / 1000)),
    seconds: { prepared: Math.round(preparedMs / 1000), start: Math.round(startMs / 1000), play: Math.round(wallMs / 1000) },
    requests,
    moved,
    closeness,
    peakRssMiB: mebi(peakRssBytes),
  };
}

async function indexElsewhere(): Promise<Built> {
  const folder = await mkdtemp(join(tmpdir(), 'wharf-bench-index-'));
  try {
    return await inChild<Built>('buildIndex.ts', file, join(folder, 'index.sqlite'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
