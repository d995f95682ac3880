import { type Range, rangesText } from './ranges.ts';

/** An amount of everything that Mesos counts: cores, MiB, MiB, whole devices, ranges of ports. */
export type Amounts = {
  readonly cpus: number;
  readonly mem: number;
  readonly disk: number;
  readonly gpus: number;
  readonly ports: readonly Range[];
};

export const NOTHING: Amounts = { cpus: 0, mem: 0, disk: 0, gpus: 0, ports: [] };
export const SCALARS = ['cpus', 'mem', 'disk', 'gpus'] as const;

/** Sums are kept to Mesos' precision of a thousandth, which floating point would lose. */
export const sumOf = (amounts: Iterable<Amounts>): Amounts => {
  const sum = { cpus: 0, mem: 0, disk: 0, gpus: 0 };
  const ports: Range[] = [];
  for (const each of amounts) {
    for (const kind of SCALARS) sum[kind] += each[kind];
    ports.push(...each.ports);
  }
  for (const kind of SCALARS) sum[kind] = Math.round(sum[kind] * 1000) / 1000;
  return { ...sum, ports };
};

/** As the endpoints of a master before its API v1 write them; ports only where there are any. */
export const resourcesJson = ({ ports, ...scalars }: Amounts) => ({
  ...scalars,
  ...(ports.length > 0 && { ports: rangesText(ports) }),
});
