export type Range = readonly [first: number, last: number];

/** Ports as the fewest ranges, both ends inclusive. */
export const rangesOf = (ports: readonly number[]): readonly Range[] => {
  if (ports.length === 1) return [[ports[0] as number, ports[0] as number]];
  const ranges: [number, number][] = [];
  for (const port of [...new Set(ports)].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === port - 1) last[1] = port;
    else ranges.push([port, port]);
  }
  return ranges;
};

/** Mesos' text of ranges: `[31000-31002, 31005-31005]`. */
export const rangesText = (ranges: readonly Range[]): string => `[${ranges.map(([from, to]) => `${from}-${to}`).join(', ')}]`;
