import { liveOnlyFields, withoutLiveOnly } from '../past/liveOnly.ts';

/** What an engine that stands by tells of a field that no fact holds: what is recorded in its stead, or nothing. */
export const TOLD_OF: Readonly<Record<string, 'recorded' | 'nothing'>> = {
  // The last that was recorded of a task's health: load balancers route to nobody without one.
  healthCheckResults: 'recorded',
  healthy: 'recorded',
  status: 'recorded',
  message: 'recorded',
  conditions: 'recorded',
  lastUpdated: 'recorded',
  delay: 'recorded',
  checkResult: 'nothing',
  readinessCheckResults: 'nothing',
  lastUnusedOffers: 'nothing',
  waitsFor: 'nothing',
};

const isNotKnown = (field: string): boolean => TOLD_OF[field] !== 'recorded';

/** Paths of the fields of an answer that this engine does not know. */
export const notKnownHere = (url: string): readonly string[] =>
  liveOnlyFields(url).filter((path) => isNotKnown(path.slice(path.lastIndexOf('.') + 1)));

/** Takes them out: nothing is said where something else may be true. */
export const withoutUnknown = (url: string, answer: unknown): unknown => withoutLiveOnly(url, answer, isNotKnown);
