import type { Move, Party } from './moves.ts';
import type { Broken } from './rules.ts';

/** Numbered sentences: how it begins, each thing that happens, and what is wrong then. */
export const storyOf = (start: string, way: readonly Move[], { what }: Broken, after: readonly string[]): readonly string[] =>
  [`${start}.`, ...way.map(({ says }) => `${says()}.`), `Broken: ${what}.`, ...after].map((text, nth) => `${nth + 1}. ${text}`);

const PARTIES: readonly Party[] = ['Operator', 'Strategy', 'Conductor', 'Hosts', 'Balancer', 'Engine'];

/** The same as a Mermaid sequence diagram. */
export const diagramOf = (start: string, way: readonly Move[], { what }: Broken): string => {
  const taking = new Set<Party>(['Strategy', 'Conductor', 'Hosts', ...way.flatMap(({ from, to }) => [from, to])]);
  return [
    'sequenceDiagram',
    '  autonumber',
    ...PARTIES.filter((party) => taking.has(party)).map((party) => `  participant ${party}`),
    `  Note over Strategy: ${plain(start)}`,
    ...way.map(({ from, to, says }) => `  ${from}->>${to}: ${plain(says())}`),
    `  Note over Strategy: ${plain(`Broken: ${what}`)}`,
  ].join('\n');
};

/** Mermaid ends a statement at a semicolon, and a hash begins an entity. */
const plain = (text: string): string => text.replaceAll(';', ',').replaceAll('#', '').replaceAll('\n', ' ');
