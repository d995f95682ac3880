import { SHAPES } from '../decide/shapes.ts';
import { beside, type Section } from './living.ts';
import { amount, percent, table } from './markdown.ts';
import { GODEL } from './peers.ts';
import { medianIn, type Result } from './results.ts';

const SCHEDULER_PERF = 'https://github.com/kubernetes/kubernetes/tree/master/test/integration/scheduler_perf';

export const decide: Section = (results) => ['## The scheduler alone', ...results.map(decideOf), beside(GODEL)].join('\n\n');

const decideOf = (result: Result): string => {
  const shapes = result.shapes as Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  const rows = Object.entries(shapes).map(([name, shape]) => [
    `\`${name}\``,
    SHAPES[name]?.about ?? '',
    amount(medianIn(result, `shapes.${name}.perCpuSecond`)),
    ...(shape.floor === undefined
      ? ['', '']
      : [amount(medianIn(result, `shapes.${name}.floor`)), amount(medianIn(result, `shapes.${name}.timesFloor`))]),
  ]);
  return [
    'Queue, ledger and explanations as the engine has them, with nothing around: no log, no hosts. Placements per second of CPU. Beside those whose',
    `shape is of [Kubernetes’ scheduler_perf](${SCHEDULER_PERF}): the rate, with an API server and its store in the same process, below which that`,
    'project’s own runs are alarmed; so what it reaches is somewhat more.',
    '',
    table(['shape', 'what', 'placements per CPU second', 'threshold per second', 'times that'], rows),
    '',
    `Packing, by cell compaction: hosts are removed in a random order until a mixed workload no longer fits; of eleven orders the tenth best needs ${amount(medianIn(result, 'packing.hosts'))}`,
    `hosts, by best fit over all nodes ${amount(medianIn(result, 'packing.hostsByBestFit'))}; the worst of them takes ${percent(medianIn(result, 'packing.worstOver') - 1)} more than best fit does.`,
  ].join('\n');
};
