import { decide } from './deciding.ts';
import { FLEETS, launching } from './launching.ts';
import { anyOther, churn, latency, recover, type Section, soak } from './living.ts';
import { table } from './markdown.ts';
import type { Result } from './results.ts';

const SECTIONS: Readonly<Record<string, Section>> = { latency, churn, recover, decide, soak };
/** The order of the page; what is not named comes behind. */
const ORDER = ['latency', 'churn', 'recover', 'decide', 'soak'];

/** The page of results, made of what benches printed and nothing else. */
export const pageOf = (results: ReadonlyMap<string, Result>): string => {
  const fleets: readonly string[] = FLEETS.map(({ name }) => name);
  const others = Map.groupBy(
    [...results.values()].filter(({ name }) => !fleets.includes(name)),
    ({ name }) => name,
  );
  const rank = (name: string): number => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length);
  const names = [...others.keys()].toSorted((a, b) => rank(a) - rank(b));
  const sections = names.map((name) => (SECTIONS[name] ?? anyOther)(others.get(name) ?? []));
  return `${[HEAD, launching(results), ...sections, conditions(results)].join('\n\n')}\n`;
};

const HEAD = [
  '<!-- Made by `npm run bench -- report` from bench/results; a test compares. Don’t edit. -->',
  '# Performance',
  '',
  'What the engine does, measured by its own benches, beside what others published of theirs. Read the conditions with the figures:',
  '',
  '- **One control-plane process, not replicated.** Every fact is on disk, synced, before it is acknowledged; but on one disk. Peers with several',
  '  servers agree among these before they go on.',
  '- **Hosts are simulated**, in the same process, and answer at once. Peers ran real containers on real machines, and their time holds image pulls',
  '  and the starts of containers. What is compared is what the control plane can do, not how soon a container is up.',
  '- **Deployment strategies are on**: every app is brought up by a rolling deployment that ends by itself.',
  '- *Launched* means: it runs, its facts are on disk, and the read model shows it.',
  '- Each run has a process of its own. Figures are medians; where three are given: least, median, most.',
].join('\n');

const conditions = (results: ReadonlyMap<string, Result>): string => {
  const rows = [...results.values()].map((result) => [
    `\`${result.name}\``,
    `\`${commandOf(result)}\``,
    result.machine,
    result.commit === undefined ? '' : `\`${result.commit}\``,
    result.loadAverage === undefined ? 'not noted' : `${result.loadAverage}`,
  ]);
  return [
    '## Conditions',
    '',
    'A commit with `+` had changes on top of it. *Load before* is the machine’s load average when the bench began: above 0.5 or so it had other work, and',
    'wall times count for little.',
    '',
    table(['bench', 'again', 'machine', 'commit', 'load before'], rows),
  ].join('\n');
};

/** How to run it again. */
const commandOf = ({ name, machine: _, commit: __, loadAverage: ___, runs, ...rest }: Result): string => {
  const options = Object.entries(rest).flatMap(([key, value]) => (typeof value === 'number' ? [`--${key} ${value}`] : []));
  return ['npm run bench --', name, `--runs ${runs}`, ...options].join(' ');
};
