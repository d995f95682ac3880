import type { Told } from './ask.ts';

export type Spread = { readonly p50: number; readonly p95: number; readonly max: number };

/** Of one question, asked at many moments, each in a process of its own. */
export type Asked = {
  readonly budgetMs: number;
  readonly answered: number;
  /** Answered with another status than 200: in none of the other figures. */
  readonly failed: number;
  /** From the opened log on, from the start of the process on, and until its code was loaded. */
  readonly answerMs: Spread;
  readonly processMs: Spread;
  readonly loadMs: Spread;
  readonly answerCpuMs: Spread;
  readonly bytes: Spread;
  readonly peakRssMiB: Spread;
};

const spread = (figures: readonly number[]): Spread => {
  const sorted = figures.toSorted((a, b) => a - b);
  const at = (share: number): number => Math.round((sorted[Math.ceil(share * sorted.length) - 1] ?? 0) * 10) / 10;
  return { p50: at(0.5), p95: at(0.95), max: at(1) };
};

export const mebi = (bytes: number): number => Math.round(bytes / 2 ** 20);

export const askedOf = (told: readonly Told[], budgetMs: number): Asked => {
  const good = told.filter(({ status }) => status === 200);
  const of = (pick: (one: Told) => number): Spread => spread(good.map(pick));
  return {
    budgetMs,
    answered: good.length,
    failed: told.length - good.length,
    answerMs: of(({ answeredMs, openedMs }) => answeredMs - openedMs),
    processMs: of(({ answeredMs }) => answeredMs),
    loadMs: of(({ loadedMs }) => loadedMs),
    answerCpuMs: of(({ answerCpuMs }) => answerCpuMs),
    bytes: of(({ bytes }) => bytes),
    peakRssMiB: of(({ peakRssBytes }) => mebi(peakRssBytes)),
  };
};

/** By which clock a p95 keeps its budget. */
const keptBy = ({ budgetMs, answerMs, processMs, failed, answered }: Asked): string => {
  if (failed > 0 || answered === 0) return `no: ${failed} failed`;
  if (processMs.p95 <= budgetMs) return 'yes, from the start of the process';
  return answerMs.p95 <= budgetMs ? 'yes, from the opened log' : 'no';
};

/** A row of the table. */
export const rowOf = (asked: Asked) => ({
  samples: asked.answered,
  'answer p50 ms': asked.answerMs.p50,
  'answer p95 ms': asked.answerMs.p95,
  'answer CPU p95 ms': asked.answerCpuMs.p95,
  'process p50 ms': asked.processMs.p50,
  'process p95 ms': asked.processMs.p95,
  'budget p95 ms': asked.budgetMs,
  'kept?': keptBy(asked),
  'RSS p95 MiB': asked.peakRssMiB.p95,
  'answer KiB': Math.round(asked.bytes.p50 / 1024),
});
