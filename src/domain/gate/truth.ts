import type { AppDefinition } from '../app/definition/definition.ts';
import { same } from '../kernel/same.ts';
import type { Instant, Millis } from '../kernel/units.ts';
import type { Trial } from './trials.ts';

/** Whether a version was worth being let through, as far as what came after it tells. */
export type Truth = { readonly was: 'good' | 'bad' | 'unknown'; readonly because: string };

/**
 * What became of each deployment. Bad is what failed, was aborted, or was rolled back, replaced or removed within a time after it had
 * succeeded; good is what stayed for that time. What its gate stopped is bad too, unless the very same was deployed later and stayed.
 * @param trials of one app, oldest first
 * @param withinMs how long a version must have stayed
 */
export const truthsOf = (trials: readonly Trial[], now: Instant, withinMs: Millis): readonly Truth[] => {
  const truths: Truth[] = [];
  // From the newest: what came later tells about what was before.
  for (let nth = trials.length - 1; nth >= 0; nth--) {
    const later = trials.slice(nth + 1).map((trial, offset) => ({ trial, truth: truths[nth + 1 + offset] }));
    truths[nth] = truthOf(trials[nth] as Trial, trials.slice(0, nth), later, now, withinMs);
  }
  return truths;
};

type Later = readonly { readonly trial: Trial; readonly truth: Truth | undefined }[];

const truthOf = (trial: Trial, before: readonly Trial[], later: Later, now: Instant, withinMs: Millis): Truth => {
  const { aborted, outcome, endedAt, steps } = trial;
  if (aborted !== undefined) return bad(`aborted: ${aborted}`);
  const failed = steps.at(-1)?.failed;
  if (failed !== undefined) {
    const cameBack = later.some((other) => other.truth?.was === 'good' && isSame(other.trial.definition, trial.definition));
    return cameBack ? good('the same was deployed later, and stayed') : bad(`stopped by its gate '${failed}', and never deployed again`);
  }
  const next = later.find((other) => changes(other.trial, trial))?.trial;
  const isBack = next?.configVersion !== undefined && before.some(({ configVersion }) => configVersion === next.configVersion);
  if (outcome === 'failed') return bad('failed');
  if (outcome === 'cancelled') return isBack ? bad('rolled back') : unknown('cancelled');
  if (outcome === undefined || endedAt === undefined) return unknown('not ended');
  const stayedMs = (next?.beganAt ?? now) - endedAt;
  if (stayedMs >= withinMs) return good(`stayed for ${spoken(stayedMs)}`);
  if (next === undefined) return unknown(`ended ${spoken(stayedMs)} ago`);
  const how = next.configVersion === undefined ? 'removed' : isBack ? 'rolled back' : 'replaced';
  return bad(`${how} after ${spoken(stayedMs)}`);
};

/** A scale, or the same once more, says nothing against what was there. */
const changes = (later: Trial, trial: Trial): boolean =>
  later.configVersion !== trial.configVersion && !isSame(later.definition, trial.definition);

const isSame = (a: AppDefinition | undefined, b: AppDefinition | undefined): boolean =>
  a !== undefined && b !== undefined && same({ ...a, instances: 0 }, { ...b, instances: 0 });

const good = (because: string): Truth => ({ was: 'good', because });
const bad = (because: string): Truth => ({ was: 'bad', because });
const unknown = (because: string): Truth => ({ was: 'unknown', because });

const spoken = (ms: Millis): string => {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds >= 7200) return `${Math.floor(seconds / 3600)} h`;
  return seconds >= 120 ? `${Math.floor(seconds / 60)} min` : `${seconds} s`;
};
