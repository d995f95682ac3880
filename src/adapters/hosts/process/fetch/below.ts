import { lstat } from 'node:fs/promises';
import { join } from 'node:path';

/** A name inside an archive, or a destination, that would leave the directory it is meant for. */
export class Escape extends Error {}

/**
 * The place of `name` below `root`, when nothing on the way there is a link.
 * Refusing every link on the way, rather than following it, leaves no order of entries that could lead out.
 * @throws Escape naming `name`.
 */
export const placeBelow = async (root: string, name: string): Promise<string> => {
  const steps = stepsOf(name);
  let place = root;
  for (const step of steps) {
    place = join(place, step);
    if (await isLink(place)) throw new Escape(`${JSON.stringify(name)} would be written through a link`);
  }
  return place;
};

/** @throws Escape */
export const stepsOf = (name: string): readonly string[] => {
  if (name.startsWith('/') || /^[A-Za-z]:/.test(name)) throw new Escape(`${JSON.stringify(name)} is an absolute path`);
  if (name.includes('\0') || name.includes('\\')) throw new Escape(`${JSON.stringify(name)} is no plain path`);
  const steps = name.split('/').filter((step) => step !== '' && step !== '.');
  if (steps.includes('..')) throw new Escape(`${JSON.stringify(name)} climbs out by ".."`);
  return steps;
};

/**
 * Whether a link at `name` may point to `target`. Its leading ".." are counted against the depth of the directory it lies in, which is a
 * real one; a ".." further on could climb from wherever another link leads, so there may be none.
 * @throws Escape
 */
export const checkLinkTarget = (name: string, target: string): void => {
  const depth = stepsOf(name).length - 1;
  const steps = target.split('/').filter((step) => step !== '' && step !== '.');
  const climbs = steps.findIndex((step) => step !== '..');
  const leading = climbs === -1 ? steps.length : climbs;
  if (target === '' || target.startsWith('/') || target.includes('\0') || leading > depth || steps.slice(leading).includes('..'))
    throw new Escape(`link ${JSON.stringify(name)} points outside, to ${JSON.stringify(target)}`);
};

const isLink = async (path: string): Promise<boolean> => {
  try {
    return (await lstat(path)).isSymbolicLink();
  } catch {
    return false;
  }
};
