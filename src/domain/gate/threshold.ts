import type { GateReading, GateSpec } from './gate.facts.ts';

type Bounds = { readonly what: string; readonly unit: string; readonly max?: number; readonly min?: number; readonly over?: number };

/** Why a reading says nothing about its gate; undefined where it does. A limit of its own decides where there is no baseline. */
export const whySilent = (spec: GateSpec, { value, baseline, note }: GateReading): string | undefined => {
  if (value === undefined) return note ?? 'no value';
  const { max, min, over } = boundsOf(spec);
  if (over === undefined || baseline !== undefined || max !== undefined || min !== undefined) return undefined;
  return 'the old version has nothing to compare it with';
};

/** What is wrong with a reading that says something; undefined where nothing is. */
export const whyBad = (spec: GateSpec, { value, baseline, note }: GateReading): string | undefined => {
  if (value === undefined) return undefined;
  const { what, unit, max, min, over } = boundsOf(spec);
  const said = note === undefined ? '' : ` (${note})`;
  const is = `${what} is ${shown(value)}${unit}`;
  if (max !== undefined && value > max) return `${is}, above ${shown(max)}${unit}${said}`;
  if (min !== undefined && value < min) return `${is}, below ${shown(min)}${unit}${said}`;
  if (over === undefined || baseline === undefined || value - baseline <= over) return undefined;
  return `${is}, more than ${shown(over)}${unit} above the old version's ${shown(baseline)}${unit}${said}`;
};

const boundsOf = (spec: GateSpec): Bounds => {
  switch (spec.kind) {
    case 'http':
      return { what: 'the share of failed answers', unit: '', max: 0 };
    case 'prometheus':
      return { what: 'the value', unit: '', ...bounds(spec.max, spec.maxOverBaseline), ...(spec.min !== undefined && { min: spec.min }) };
    case 'errorRate':
      return { what: 'the error rate', unit: '', ...bounds(spec.max, spec.maxOverBaseline) };
    case 'latency':
      return { what: `the response time (${spec.quantile})`, unit: ' ms', ...bounds(spec.maxMs, spec.maxOverBaselineMs) };
  }
};

const bounds = (max: number | undefined, over: number | undefined) => ({
  ...(max !== undefined && { max }),
  ...(over !== undefined && { over }),
});

const shown = (value: number): string => String(Number(value.toPrecision(4)));
