import type { Millis } from '../../../domain/kernel/units.ts';
import type { HostFault } from '../../../domain/ports/hosts.ts';
import type { Random } from './random.ts';

/** Always so long, drawn evenly between the two, or log-normal as real latencies are. */
export type Span = Millis | readonly [least: Millis, most: Millis] | LogNormal;

/** Half of all draws are shorter than the median; one in a hundred is longer than `p99Ms`, which is not below it. */
export type LogNormal = { readonly medianMs: Millis; readonly p99Ms: Millis };

/** A share of all cases, 0 … 1. */
export type Rate = number;

/** How simulated hosts behave while nobody commands a fault. With every span 0 no call waits for a timer. */
export type SimulationProfile = {
  readonly startMs: Span;
  /** From the signal to the end. */
  readonly stopMs: Span;
  /** Added to the first start of an image on a host, and to each one that forces it. */
  readonly pullMs: Span;
  /** Of every other call. */
  readonly callMs: Span;
  /** After so long without an answer a call fails HostUnreachable. */
  readonly unreachableAfterMs: Millis;
  /** After so long a start that still goes on is answered Transient; it goes on nevertheless. */
  readonly startDeadlineMs: Millis;
  /** Started instances that exit by themselves, with code 1, within `crashWithinMs`. */
  readonly crashRate: Rate;
  readonly crashWithinMs: Millis;
  readonly startFailRate: Rate;
  readonly startFailTag: HostFault['_tag'];
  /** Starts that never come to an end. */
  readonly neverStartRate: Rate;
  /** Runs, stops and removals that were done and are answered Transient. */
  readonly lostAcknowledgementRate: Rate;
  readonly lostHintRate: Rate;
  /** Keeps no journal and no environments: for very many instances. */
  readonly frugal: boolean;
};

/** Instant and faultless. */
export const CALM: SimulationProfile = {
  startMs: 0,
  stopMs: 0,
  pullMs: 0,
  callMs: 0,
  unreachableAfterMs: 5_000,
  startDeadlineMs: 60_000,
  crashRate: 0,
  crashWithinMs: 60_000,
  startFailRate: 0,
  startFailTag: 'StartRejected',
  neverStartRate: 0,
  lostAcknowledgementRate: 0,
  lostHintRate: 0,
  frugal: false,
};

/** Draws only where there is a choice, so that a calm host never asks the dice. */
export const drawSpan = (span: Span, random: Random): Millis => {
  if (typeof span === 'number') return span;
  if ('medianMs' in span) return Math.round(drawLogNormal(span, random));
  return Math.round(span[0] + random() * (span[1] - span[0]));
};

/** The 99th percentile of the standard normal distribution. */
const Z99 = 2.3263478740408408;

const drawLogNormal = ({ medianMs, p99Ms }: LogNormal, random: Random): number => {
  if (medianMs <= 0 || p99Ms <= medianMs) return medianMs;
  // Box and Muller: two even draws are one normal one. 1 - random() is never 0.
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return medianMs * (p99Ms / medianMs) ** (normal / Z99);
};

export const drawRate = (rate: Rate, random: Random): boolean => rate > 0 && random() < rate;
