import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { seededRandom } from '../src/adapters/hosts/simulated/random.ts';
import { openPast } from '../src/openPast.ts';
import type { Told } from './history/ask.ts';
import { logOf } from './history/makeLog.ts';

const { values } = parseArgs({
  options: {
    facts: { type: 'string', default: '10000000' },
    samples: { type: 'string', default: '20' },
    /** A log that is there already, of this engine or another. */
    log: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const samples = Number(values.samples);
const run = promisify(execFile);
const random = seededRandom(3);
const say = (text: string): void => void process.stderr.write(`${text}\n`);

const file = values.log ?? (await logOf(Number(values.facts)));
const past = openPast({ file });
const behind = past.head() - past.indexed();
const begun = performance.now();
if (behind > 0) say(`indexing ${behind.toLocaleString('en')} facts`);
past.catchUp();
const indexSeconds = (performance.now() - begun) / 1000;
const head = past.head();

/** Moments at which so many live; before them the cluster was filled. */
const LIVE_MIN = 100_000;
const liveAt = (position: number): number => {
  const views = past.views(position);
  let live = 0;
  for (const { id } of views.apps.all()) for (const tally of Object.values(views.instances.tallies(id))) live += tally.live;
  return live;
};
const moments: { readonly position: number; readonly app: string; readonly instance: string }[] = [];
while (moments.length < samples) {
  const position = 1 + Math.floor(random() * head);
  if (liveAt(position) < Math.min(LIVE_MIN, liveAt(head))) continue;
  const views = past.views(position);
  const apps = [...views.apps.all()];
  const app = apps[Math.floor(random() * apps.length)]?.id ?? '';
  const instances = views.instances.ofApp(app);
  moments.push({ position, app, instance: instances[Math.floor(random() * instances.length)]?.id ?? '' });
}
past.close();

const ask = async (path: string): Promise<Told> => {
  const { stdout, stderr } = await run(process.execPath, [join(import.meta.dirname, 'history', 'ask.ts'), file, path]);
  if (stderr !== '') say(stderr);
  return JSON.parse(stdout) as Told;
};
const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? 0;
const measure = async (what: string, pathOf: (moment: (typeof moments)[number]) => string) => {
  const told: Told[] = [];
  for (const moment of moments) told.push(await ask(pathOf(moment)));
  const sorted = (pick: (one: Told) => number): readonly number[] => told.map(pick).sort((a, b) => a - b);
  const answered = sorted(({ answeredMs, openedMs }) => answeredMs - openedMs);
  const whole = sorted(({ answeredMs }) => answeredMs);
  say(`${what}: p50 ${Math.round(quantile(answered, 0.5))} ms, p95 ${Math.round(quantile(answered, 0.95))} ms`);
  return {
    failed: told.filter(({ status }) => status !== 200).length,
    answerMs: { p50: quantile(answered, 0.5), p95: quantile(answered, 0.95) },
    wholeProcessMs: { p50: quantile(whole, 0.5), p95: quantile(whole, 0.95) },
    loadMs: quantile(
      sorted(({ openedMs }) => openedMs),
      0.5,
    ),
    bytes: quantile(
      sorted(({ bytes }) => bytes),
      0.5,
    ),
    rssMiB: Math.round(
      quantile(
        sorted(({ rssBytes }) => rssBytes),
        0.95,
      ) /
        2 ** 20,
    ),
  };
};

const logBytes = (await stat(file)).size;
const indexBytes = (await stat(join(dirname(file), 'history', 'index.sqlite'))).size;
const result = {
  name: 'history',
  machine: `${cpus().length} × ${cpus()[0]?.model}, ${Math.round(totalmem() / 2 ** 30)} GiB, node ${process.version}`,
  facts: head,
  samples,
  logBytesPerFact: logBytes / head,
  indexBytesPerFact: indexBytes / head,
  indexing: behind === 0 ? 'was there' : { facts: behind, factsPerSecond: behind / indexSeconds },
  'app list (budget 1 s)': await measure('app list', ({ position }) => `/v2/apps?at=${position}`),
  'tasks of one app (budget 1 s)': await measure('tasks of one app', ({ position, app }) => `/v2/apps/${app}/tasks?at=${position}`),
  'free capacity (budget 1 s)': await measure('free capacity', ({ position }) => `/v1/nodes?at=${position}`),
  'why (budget 50 ms)': await measure('why', ({ position, instance }) => `/v1/history/why?thing=${instance}&at=${position}`),
};
if (values.json) console.log(JSON.stringify(result));
else
  console.table(
    Object.fromEntries(Object.entries(result).map(([key, value]) => [key, typeof value === 'object' ? JSON.stringify(value) : value])),
  );
process.exit(0);
