import { amount, mebi, table } from './markdown.ts';
import { C1M, C2M, DCOS, EKS, GKE, type Peer } from './peers.ts';
import { listIn, medianIn, optionIn, type Result, spreadIn } from './results.ts';

/** Benches that launch a fleet, with who did the same before. */
export const FLEETS = [
  { name: 'verizon', peer: DCOS, instancesOf: (result: Result) => optionIn(result, 'instances') },
  { name: 'c1m', peer: C1M, instancesOf: (result: Result) => optionIn(result, 'apps') * 1_000 },
  { name: 'c2m', peer: C2M, instancesOf: (result: Result) => optionIn(result, 'apps') * 1_000 },
] as const;

/** Others with a rate of their own. */
export const OTHERS: readonly Peer[] = [GKE, EKS];

const link = ({ name, when, source }: Peer): string => `[${name}](${source}), ${when}`;

export const launching = (results: ReadonlyMap<string, Result>): string => {
  const ran = FLEETS.flatMap((fleet) => {
    const result = results.get(fleet.name);
    return result === undefined ? [] : [{ ...fleet, result, instances: fleet.instancesOf(result) }];
  });
  const sideBySide = [
    ...ran.flatMap(({ name, result, instances, peer }) => {
      const { min, median, max } = spreadIn(result, 'wallSeconds');
      return [
        [
          amount(medianIn(result, 'instancesPerSecond')),
          `**Wharfinger**, \`${name}\``,
          `${amount(instances)} instances in ${amount(median)} s (${amount(min)} … ${amount(max)} s, ${result.runs} ${result.runs === 1 ? 'run' : 'runs'})`,
          `${amount(optionIn(result, 'hosts'))} simulated hosts, one control-plane process on ${coresOf(result)} cores`,
        ],
        [amount(peer.perSecond ?? Number.NaN), link(peer), peer.figure, peer.conditions],
      ];
    }),
    ...OTHERS.map((peer) => [amount(peer.perSecond ?? Number.NaN), link(peer), peer.figure, peer.conditions]),
  ];
  const seconds = (result: Result, path: string): string => amount(medianIn(result, path));
  return [
    '## Launching',
    '',
    '![Instances launched per second, ours and peers’](performance.svg)',
    '',
    table(['instances/s', 'who', 'what', 'conditions'], sideBySide),
    '',
    'From the first command until the first, 95 %, 99 % and all instances run, in seconds; then until every deployment has ended:',
    '',
    table(
      ['bench', 'first', '95 %', '99 %', 'all', 'deployments ended'],
      ran.map(({ name, result }) => [
        `\`${name}\``,
        ...['first', 'p95', 'p99', 'all'].map((each) => seconds(result, `runningSeconds.${each}`)),
        seconds(result, 'wallSeconds'),
      ]),
    ),
    '',
    'Instances a second, tenth by tenth of the instances, and the last tenth by the first:',
    '',
    table(
      ['bench', ...Array.from({ length: 10 }, (_, nth) => `${nth + 1}`), 'last / first'],
      ran.map(({ name, result }) => [
        `\`${name}\``,
        ...listIn(result, 'rateByTenth').map(amount),
        amount(medianIn(result, 'lastToFirstTenth')),
      ]),
    ),
    '',
    'What it costs:',
    '',
    table(
      [
        'bench',
        'main thread, µs per instance',
        'log thread, µs per instance',
        'CPU seconds in all',
        'facts per instance',
        'bytes of log per instance',
        'syncs of the disk',
        'peak memory',
      ],
      ran.map(({ name, result }) => [
        `\`${name}\``,
        ...['mainMicrosPerInstance', 'logMicrosPerInstance', 'cpuSeconds.process', 'factsPerInstance', 'bytesPerInstance', 'fsyncs'].map(
          (each) => amount(medianIn(result, each)),
        ),
        mebi(medianIn(result, 'peakRssBytes')),
      ]),
    ),
  ].join('\n');
};

const coresOf = ({ machine }: Result): string => machine.split(' ')[0] ?? '?';
