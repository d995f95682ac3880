import type { Json } from '../client.ts';

export type WantedGroup = {
  readonly id: string;
  /** Absolute ids of groups and apps. */
  readonly dependencies: readonly string[];
  /** Only top-level groups have it. */
  readonly enforceRole?: boolean;
};

/** What an import wants to be there: definitions as a write takes them, ids absolute, nothing in them that only a read answers. */
export type Wanted = {
  readonly groups: readonly WantedGroup[];
  readonly apps: readonly Json[];
  readonly pods: readonly Json[];
};

/** Whether an id is a group's own, or anything below it. */
export const isWithin = (id: string, group: string): boolean => group === '/' || id === group || id.startsWith(`${group}/`);

export const parentOf = (id: string): string => id.slice(0, id.lastIndexOf('/')) || '/';
