import type { Spreads } from '../harness/spread.ts';
import { rowsOf } from '../harness/table.ts';
import { amount, mebi, percent, table } from './markdown.ts';
import { EBAY, KUBERNETES, MESOS, type Peer, SWARM } from './peers.ts';
import { listIn, medianIn, optionIn, type Result, spreadIn } from './results.ts';

export const beside = (peer: Peer): string =>
  `Beside it: [${peer.name}](${peer.source}), ${peer.when}: ${peer.figure} (${peer.conditions}).`;

/** Of one bench, in all its variants. */
export type Section = (results: readonly Result[]) => string;

export const latency: Section = (results) => ['## Latency of one launch', ...results.map(latencyOf), beside(SWARM)].join('\n\n');

const latencyOf = (result: Result): string => {
  const levels = Object.keys(result.launchMs as object);
  return [
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
  ].join('\n');
};

export const churn: Section = (results) => ['## A cluster in motion', ...results.map(churnOf), beside(KUBERNETES)].join('\n\n');

const churnOf = (result: Result): string => {
  const row = (what: string, path: string): readonly string[] => [
    what,
    ...['count', 'p50', 'p99', 'max'].map((each) => amount(medianIn(result, `${path}.${each}`))),
  ];
  return [
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
  ].join('\n');
};

export const soak: Section = (results) => ['## A week of a build farm', ...results.map(soakOf), beside(EBAY)].join('\n\n');

const soakOf = (result: Result): string =>
  [
    `${amount(optionIn(result, 'builds'))} builds a day for ${amount(optionIn(result, 'days'))} days on ${amount(optionIn(result, 'hosts'))} hosts, in simulated time (${amount(medianIn(result, 'timesRealTime'))} times as fast as real): each build is an app`,
    `of one instance, which is destroyed when it ends. ${optionIn(result, 'archive') > 0 ? 'What has ended is archived every night.' : 'Nothing is archived.'}`,
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
  ].join('\n');

export const recover: Section = (results) =>
  [
    '## Start with a full cluster',
    'From the start of the engine’s process until an app that was asked for at once has its place, on disk.',
    table(
      ['instances', 'hosts', 'begins from', 'first decision, s', 'least … most', 'main thread’s CPU, s', 'facts folded', 'peak memory'],
      results.map((result) => {
        const { min, median, max } = spreadIn(result, 'wallSeconds');
        return [
          amount(optionIn(result, 'instances')),
          amount(optionIn(result, 'hosts')),
          // The bench tells of the snapshot where there is one.
          typeof result.snapshot === 'object' ? 'a snapshot of the views' : 'the first fact of the log',
          amount(median),
          `${amount(min)} … ${amount(max)}`,
          amount(medianIn(result, 'cpuSeconds.mainThread')),
          amount(medianIn(result, 'facts')),
          mebi(medianIn(result, 'peakRssBytes')),
        ];
      }),
    ),
    beside(MESOS),
  ].join('\n\n');

/** Any other bench: all that it reports. */
export const anyOther: Section = (results) => {
  return [`## \`${results[0]?.name ?? ''}\``, ...results.map(everyFigure)].join('\n\n');
};

const everyFigure = (result: Result): string => {
  const figures = Object.fromEntries(Object.entries(result).filter(([, value]) => typeof value === 'object' && value !== null));
  return table(
    ['figure', 'least', 'median', 'most'],
    Object.entries(rowsOf(figures as Spreads)).map(([name, { min, median, max }]) => [name, min, median, max]),
  );
};
