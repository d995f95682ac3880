import type { SlotsByVersion } from '../../app/app.facts.ts';
import { before, type Course, fresh, isThere, NOBODY, old, wanted } from './course.ts';
import { asItStands, carefully, exactly, homeOf, slotsOf, type Wanted } from './want.ts';

/** Whether there is something to go back to, and the policy wants that. */
export const canReturn = (course: Course): boolean => course.policy.rollback && homeOf(course) !== undefined;

/**
 * The same course seen from the other end: what was there before is what it goes to. So one rule serves both ways, and on the way back an
 * instance of the new version that serves stays until one of before is ready in its place; nobody of before is ever stopped.
 */
export const reversed = (course: Course): Course => {
  const home = homeOf(course);
  if (home === undefined) return course;
  const { from, to, previous, isRescaled } = course;
  const were = Object.entries(from).reduce((sum, [version, count]) => (version === to?.configVersion ? sum : sum + count), 0);
  const instances = isRescaled ? (to?.instances ?? were) : (previous?.instances ?? were);
  const version = previous?.configVersion === home ? previous.version : home;
  const { [home]: _, ...others } = from;
  const start = to === undefined ? others : { ...others, [to.configVersion]: to.instances };
  return { ...course, to: { version, configVersion: home, instances }, from: start, previous: to };
};

/** What is wanted on the way back. */
export const wantedBack = (course: Course, way: 'rolling' | 'recreate'): Wanted => {
  const back = reversed(course);
  const instances = back.to?.instances ?? 0;
  const others = old(back);
  // Whoever may still be sent requests stays until the balancer has said that nobody is sent there any more.
  if (way === 'rolling') return carefully(back, { new: instances, old: course.isTurning ? others.live : 0 });
  return exactly(back, { new: instances, old: 0, most: others.live + others.leaving === 0 ? instances : 0 });
};

/** New requests go to what was there before, as soon as some of it serves; where no share was ever asked for, to all alike. */
export const trafficBack = (course: Course): { readonly weights: Readonly<Record<string, number>>; readonly rules: readonly never[] } => {
  const home = homeOf(course);
  const isSplit = Object.keys(course.weights).length > 0;
  const serves = home !== undefined && (course.tallies?.[home] ?? NOBODY).ready > 0;
  return { weights: isSplit && serves ? { [home]: 100 } : {}, rules: [] };
};

export const isBack = (course: Course): boolean => isThere(reversed(course));

/** What stays after the way back. */
export const leftBack = (course: Course): SlotsByVersion => {
  const { to } = reversed(course);
  return to === undefined ? {} : slotsOf([[to.configVersion, to.instances]]);
};

/**
 * What stays of one that failed and does not go back: of the new version only what serves, so that a bad one is not tried for ever. Where
 * nothing stands at that moment, because hosts are lost, what was there before is wanted again: an app does not end by a failure.
 */
export const leftBehind = (course: Course): SlotsByVersion => {
  const { to } = course;
  const there = asItStands(course);
  const stays = to === undefined ? there : slotsOf(Object.entries({ ...there, [to.configVersion]: fresh(course).ready }));
  const home = homeOf(course);
  return Object.keys(stays).length > 0 || home === undefined || wanted(course) === 0 ? stays : slotsOf([[home, before(course)]]);
};
