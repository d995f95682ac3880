import { either as E } from 'fp-ts';
import { readApp } from '../../../domain/app/definition/parse.ts';
import { hostPortsWanted } from '../../../domain/app/definition/ports.ts';
import type { Json } from '../client.ts';

/** Inclusive. */
export type Ranges = readonly (readonly [from: number, to: number])[];

/** Apps that ask for a port of their node which no node hands out: they would wait for one for ever. */
export const portsNotOffered = (apps: readonly Json[], nodes: readonly Ranges[]): readonly string[] =>
  apps.flatMap((app) => {
    const missing = fixedPortsOf(app).filter((port) => !nodes.some((ranges) => ranges.some(([from, to]) => from <= port && port <= to)));
    if (nodes.length === 0 || missing.length === 0) return [];
    return [
      `${app.id} asks for ${missing.length === 1 ? 'port' : 'ports'} ${missing.join(', ')} of its node, which no node here hands out; ` +
        "'wharf node add' has --ports for that",
    ];
  });

const fixedPortsOf = (app: Json): readonly number[] => {
  const read = readApp(app);
  return E.isRight(read) ? hostPortsWanted(read.right.definition).filter((port) => port !== 0) : [];
};
