import type { Spreads } from '../harness/spread.ts';
import { rowsOf } from '../harness/table.ts';
import { amount, mebi, percent, table } from './markdown.ts';
import { EBAY, GODEL, KUBERNETES, MESOS, type Peer, SWARM } from './peers.ts';
import { listIn, medianIn, optionIn, type Result } from './results.ts';

const beside = (peer: Peer): string => `Beside it: [${peer.name}](${peer.source}), ${peer.when}: ${peer.figure} (${peer.conditions}).`;

export const latency = (result: Result): string => {
  const levels = Object.keys(result.launchMs as object);
  return [
    '## Latency of one launch',
    '',
    `Single launches, one at a time, on ${amount(optionIn(result, 'hosts'))} hosts that answer at once: milliseconds from the command to deploy an app of one`,
    `instance until that runs, durably and visibly; ${amount(optionIn(result, 'launches'))} launches at each level. This is the control plane’s share: a real host adds its own.`,
    '',
    table(
      ['instances that run', 'p50', 'p90', 'p99', 'most', 'main thread’s CPU'],
      levels.map((level) => [
        amount(Number(level.slice('at'.length))),
        ...['p50', 'p90', 'p99', 'max', 'mainCpuPerLaunch'].map((each) => amount(medianIn(result, `launchMs.${level}.${each}`))),
      ]),
    ),
    '',
    `The last level’s median by the first one’s: ${amount(medianIn(result, 'lastToFirstLevel'))}.`,
    '',
    beside(SWARM),
  ].join('\n');
};

export const churn = (result: Result): string => {
  const row = (what: string, path: string): readonly string[] => [
    what,
    ...['count', 'p50', 'p99', 'max'].map((each) => amount(medianIn(result, `${path}.${each}`))),
  ];
  return [
    '## A cluster in motion',
    '',
    `${amount(optionIn(result, 'resident'))} instances on ${amount(optionIn(result, 'hosts'))} hosts; ${amount(optionIn(result, 'changes'))} times a second an app of one instance is launched or destroyed or another one`,
    `scaled by one, and ${amount(optionIn(result, 'reads'))} times a second something is read, all by HTTP, for ${amount(optionIn(result, 'seconds'))} s. Milliseconds:`,
    '',
    table(
      ['what', 'how many', 'p50', 'p99', 'most'],
      [
        row('reads, all', 'readMs'),
        ...Object.keys(result.byKind as object).map((kind) => row(`\`${kind}\``, `byKind.${kind}`)),
        row('changes, all', 'changeMs'),
        row('from durable to running', 'startMs'),
      ],
    ),
    '',
    `${amount(medianIn(result, 'changesPerSecond'))} changes a second came to their end; the main thread was busy for ${percent(medianIn(result, 'mainThreadShare'))} of the time; ${mebi(medianIn(result, 'peakRssBytes'))} of memory at most.`,
    '',
    beside(KUBERNETES),
  ].join('\n');
};

export const soak = (result: Result): string =>
  [
    '## A week of a build farm',
    '',
    `${amount(optionIn(result, 'builds'))} builds a day for ${amount(optionIn(result, 'days'))} days on ${amount(optionIn(result, 'hosts'))} hosts, in simulated time (${amount(medianIn(result, 'timesRealTime'))} times as fast as real): each build is an app`,
    'of one instance, which is destroyed when it ends. What has ended is archived every night.',
    '',
    table(
      ['day', ...listIn(result, 'heapByDay').map((_, nth) => `${nth + 1}`)],
      [
        ['memory in use after collection, MiB', ...listIn(result, 'heapByDay').map((bytes) => amount(Math.round(bytes / 2 ** 20)))],
        ['log, MiB', ...listIn(result, 'logByDay').map((bytes) => amount(Math.round(bytes / 2 ** 20)))],
      ],
    ),
    '',
    table(
      [
        'builds',
        'memory each leaves, bytes',
        'log each leaves, bytes',
        'facts of each',
        'main thread, ms of each',
        'hosts full, mean',
        'in the busiest hour',
        'wait p50, s',
        'wait p99, s',
      ],
      [
        [
          ...['buildsEnded', 'heapGrowthPerBuild', 'logGrowthPerBuild', 'factsPerBuild', 'mainMillisPerBuild'].map((each) =>
            amount(medianIn(result, each)),
          ),
          percent(medianIn(result, 'utilisation')),
          percent(medianIn(result, 'utilisationBusiestHour')),
          ...['queueSeconds.p50', 'queueSeconds.p99'].map((each) => amount(medianIn(result, each))),
        ],
      ],
    ),
    '',
    beside(EBAY),
  ].join('\n');

const TITLES: Readonly<Record<string, { readonly title: string; readonly peer?: Peer }>> = {
  recover: { title: 'Start with a full cluster', peer: MESOS },
  decide: { title: 'The scheduler alone', peer: GODEL },
};

/** Any other bench: all that it reports. */
export const anyOther = (result: Result): string => {
  const { title = `\`${result.name}\``, peer } = TITLES[result.name] ?? {};
  const figures = Object.fromEntries(Object.entries(result).filter(([, value]) => typeof value === 'object' && value !== null));
  const rows = Object.entries(rowsOf(figures as Spreads)).map(([name, { min, median, max }]) => [name, min, median, max]);
  return [`## ${title}`, '', table(['figure', 'least', 'median', 'most'], rows), ...(peer === undefined ? [] : ['', beside(peer)])].join(
    '\n',
  );
};
